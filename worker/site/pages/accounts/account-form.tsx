/** Fields that the forms of new accounts share, and the status of a form that is shown again. */
import type { Child } from 'hono/jsx';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { MIN_PASSWORD_CHARACTERS } from '../../../accounts/auth.ts';
import { AppError } from '../../../errors.ts';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import { FormProblem } from '../../components/note.tsx';
import type { Problems, Typed } from '../../forms.ts';

export const ACCOUNT_LABELS = { name: 'Your name', email: 'E-mail address', password: 'Password' };

/** 422 for a mistake in a field, else the status of the error. */
export function statusOf(error: unknown): ContentfulStatusCode {
  if (!(error instanceof AppError)) return 500;
  return error.code === 'invalid_request' ? 422 : (error.status as ContentfulStatusCode);
}

/** A field for a password that the person chooses. */
export const NewPasswordField = ({
  name = 'password',
  label = 'Password',
  error,
}: {
  name?: string;
  label?: string;
  error?: string | undefined;
}) => (
  <TextField
    name={name}
    label={label}
    type="password"
    autocomplete="new-password"
    hint={`At least ${MIN_PASSWORD_CHARACTERS} characters. A sentence is easier to remember than a word with signs.`}
    error={error}
  />
);

interface AccountFormProps {
  action: string;
  title: string;
  lead: Child;
  typed?: Typed;
  problems?: Problems;
  /** The address that the person must have; it cannot be changed. */
  email?: string;
  foot?: Child;
}

/** The form of a new account. */
export const AccountForm = (props: AccountFormProps) => {
  const { action, title, lead, typed = {}, problems = {}, email, foot } = props;
  return (
    <form method="post" action={action}>
      <Card
        isPage
        title={title}
        lead={lead}
        foot={<SubmitButton kind="primary">Make the account</SubmitButton>}
      >
        <div class="stack">
          <FormProblem problems={problems} />
          <TextField
            name="name"
            label={ACCOUNT_LABELS.name}
            autocomplete="name"
            value={typed['name']}
            error={problems.name}
            autofocus
          />
          {email === undefined && (
            <TextField
              name="email"
              label={ACCOUNT_LABELS.email}
              type="email"
              autocomplete="username"
              value={typed['email']}
              error={problems.email}
            />
          )}
          <NewPasswordField error={problems.password} />
          {foot}
        </div>
      </Card>
    </form>
  );
};
