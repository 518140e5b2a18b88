/** `/reset` and `/reset/{token}`: a new password for people who forgot theirs. */
import { Hono, type Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { findLink } from '../../../accounts/links/live-link.ts';
import { canMail } from '../../../accounts/mail/send-mail.ts';
import { requestReset } from '../../../accounts/passwords/reset-links.ts';
import { resetPassword } from '../../../accounts/passwords/reset-password.ts';
import type { Ctx } from '../../../context.ts';
import { ButtonLink, SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import { redirectWith } from '../../flash.ts';
import { problemsOf, readForm, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import type { SiteEnv } from '../../site-env.ts';
import { FormProblem } from '../../components/note.tsx';
import { ACCOUNT_LABELS, NewPasswordField, statusOf } from './account-form.tsx';

const TITLE = 'Set a new password';

interface Form {
  typed?: Typed;
  problems?: Problems;
  status?: ContentfulStatusCode;
}

/** The routes, for the site's app to mount. */
export function resetPages(ctx: Ctx): Hono<SiteEnv> {
  const pages = new Hono<SiteEnv>();
  pages.get('/reset', (c) =>
    canMail(ctx) ? showRequest(c) : showPage(c, { title: TITLE, body: <WithoutMail /> }),
  );
  pages.post('/reset', async (c) => {
    const typed = await readForm(c);
    try {
      await requestReset(ctx, { request: c.req.raw, email: typed['email'] ?? '' });
    } catch (error) {
      return showRequest(c, { typed, problems: problemsOf(error, ACCOUNT_LABELS), status: statusOf(error) });
    }
    const text = 'If the address has an account, a link is on its way. It works for an hour.';
    return redirectWith(c, '/sign-in', { kind: 'done', text });
  });
  pages.get('/reset/:token', async (c) => {
    await findLink(ctx, { kind: 'reset', token: c.req.param('token') });
    return showPassword(c);
  });
  pages.post('/reset/:token', async (c) => {
    const input = await readForm(c);
    try {
      await resetPassword(ctx, { token: c.req.param('token'), input });
    } catch (error) {
      return showPassword(c, { problems: problemsOf(error, ACCOUNT_LABELS), status: statusOf(error) });
    }
    const text = 'Your password is set. All sessions have ended: sign in with it.';
    return redirectWith(c, '/sign-in', { kind: 'done', text });
  });
  return pages;
}

function showRequest(c: Context<SiteEnv>, { typed = {}, problems = {}, status = 200 }: Form = {}) {
  const body = (
    <form method="post" action="/reset">
      <Card
        isPage
        title={TITLE}
        lead="We send a link to your address."
        foot={
          <>
            <SubmitButton kind="primary">Send the link</SubmitButton>
            <ButtonLink href="/sign-in">Cancel</ButtonLink>
          </>
        }
      >
        <div class="stack">
          <FormProblem problems={problems} />
          <TextField
            name="email"
            label={ACCOUNT_LABELS.email}
            type="email"
            autocomplete="username"
            value={typed['email']}
            error={problems.email}
            autofocus
          />
        </div>
      </Card>
    </form>
  );
  return showPage(c, { title: TITLE, body, status });
}

function showPassword(c: Context<SiteEnv>, { problems = {}, status = 200 }: Form = {}) {
  const body = (
    <form method="post" action={c.req.path}>
      <Card isPage title={TITLE} foot={<SubmitButton kind="primary">Set the password</SubmitButton>}>
        <div class="stack">
          <FormProblem problems={problems} />
          <NewPasswordField label="New password" error={problems.password} />
        </div>
      </Card>
    </form>
  );
  return showPage(c, { title: TITLE, body, status });
}

const WithoutMail = () => (
  <Card isPage title={TITLE} foot={<ButtonLink href="/sign-in">Back</ButtonLink>}>
    <div class="stack tight">
      <p>
        This service sends no mail. Ask an owner of your workspace for a link: it is in the list of members.
      </p>
      <p>
        If you are the only owner, the person who runs the service makes one with{' '}
        <code>npm run owner-link -- --email ADDRESS</code>.
      </p>
    </div>
  </Card>
);
