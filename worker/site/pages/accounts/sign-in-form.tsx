import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import { FormProblem, Note } from '../../components/note.tsx';
import type { Problems } from '../../forms.ts';
import { KEPT_FORM } from './typed-form.tsx';

interface SignInFormProps {
  next: string;
  email?: string | undefined;
  /** The fields of a form that waits for the sign-in. Empty for a form that is only a button. */
  kept?: string | undefined;
  problems?: Problems;
  isSignUpOpen: boolean;
  /** Nobody has an account yet. */
  isFresh: boolean;
}

/** The form for an e-mail address and a password. */
export const SignInForm = ({ next, email, kept, problems = {}, isSignUpOpen, isFresh }: SignInFormProps) => (
  <form method="post" action="/sign-in">
    <input type="hidden" name="next" value={next} />
    {kept !== undefined && <input type="hidden" name={KEPT_FORM} value={kept} />}
    <Card isPage title="Sign in" foot={<SubmitButton kind="primary">Sign in</SubmitButton>}>
      <div class="stack">
        {kept !== undefined && (
          <Note>Your session has ended. Sign in, and send what you typed with one click.</Note>
        )}
        {isFresh && (
          <Note>
            Nobody has an account yet. The owner makes the first one through the link that the service printed
            when it started; <code>npm run owner-link</code> prints another one.
          </Note>
        )}
        <FormProblem problems={problems} />
        <TextField
          name="email"
          label="E-mail address"
          type="email"
          autocomplete="username"
          value={email}
          error={problems.email}
          autofocus={email === undefined}
        />
        <TextField
          name="password"
          label="Password"
          type="password"
          autocomplete="current-password"
          error={problems.password}
          autofocus={email !== undefined}
        />
        <p class="small">
          <a href="/reset">Forgot your password?</a>
          {isSignUpOpen && (
            <>
              {' · '}
              <a href="/sign-up">Make an account</a>
            </>
          )}
          {' · '}
          <a href="/docs">Documentation</a>
        </p>
      </div>
    </Card>
  </form>
);
