/** `/invitations/{token}`: a person joins a workspace, with an account or by making one. */
import { Hono, type Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import {
  acceptInvitation,
  findInvitation,
  joinWithNewAccount,
  type FoundInvitation,
} from '../../../accounts/members/accept-invitation.ts';
import { readSession, type SiteSession } from '../../../accounts/site-session.ts';
import type { Ctx } from '../../../context.ts';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { redirectWith } from '../../flash.ts';
import { problemsOf, readForm, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import type { SiteEnv } from '../../site-env.ts';
import { ACCOUNT_LABELS, AccountForm, statusOf } from './account-form.tsx';
import { sendCookies } from './send-cookies.ts';

/** The routes, for the site's app to mount. */
export function invitationPages(ctx: Ctx): Hono<SiteEnv> {
  const pages = new Hono<SiteEnv>();
  pages.get('/invitations/:token', async (c) => {
    const invitation = await findInvitation(ctx, c.req.param('token'));
    return showInvitation(c, { invitation, session: await readSession(ctx, c.req.raw) });
  });
  pages.post('/invitations/:token', async (c) => {
    const token = c.req.param('token');
    const invitation = await findInvitation(ctx, token);
    const session = await readSession(ctx, c.req.raw);
    const typed = await readForm(c);
    try {
      if (session) await acceptInvitation(ctx, { token, session });
      else {
        const joined = await joinWithNewAccount(ctx, { request: c.req.raw, token, input: typed });
        sendCookies(c, joined.cookies);
      }
    } catch (error) {
      const problems = problemsOf(error, ACCOUNT_LABELS);
      return showInvitation(c, { invitation, session, typed, problems, status: statusOf(error) });
    }
    const text = `You are a member of ${invitation.workspaceName} now.`;
    return redirectWith(c, '/dashboard', { kind: 'done', text });
  });
  return pages;
}

interface Shown {
  invitation: FoundInvitation;
  session: SiteSession | null;
  typed?: Typed;
  problems?: Problems;
  status?: ContentfulStatusCode;
}

function showInvitation(
  c: Context<SiteEnv>,
  { status = 200, ...shown }: Shown,
): Response | Promise<Response> {
  const title = `Join ${shown.invitation.workspaceName}`;
  const body = <Invitation action={c.req.path} title={title} {...shown} />;
  return showPage(c, { title, body, status });
}

const Invitation = ({
  action,
  title,
  invitation: { row },
  session,
  ...form
}: Omit<Shown, 'status'> & { action: string; title: string }) => {
  const lead = `${row.email} is invited as ${row.role}.`;
  if (session === null)
    return (
      <AccountForm
        action={action}
        title={title}
        lead={`${lead} Choose a name and a password.`}
        email={row.email}
        foot={
          <p class="small">
            <a href={`/sign-in?${new URLSearchParams({ next: action }).toString()}`}>I have an account</a>
          </p>
        }
        {...form}
      />
    );
  return session.user.email === row.email ? (
    <form method="post" action={action}>
      <Card
        isPage
        title={title}
        lead={lead}
        foot={<SubmitButton kind="primary">Join the workspace</SubmitButton>}
      >
        <p>You keep your other workspaces, and switch between them in the sidebar.</p>
      </Card>
    </form>
  ) : (
    <form method="post" action="/sign-out">
      <Card isPage title={title} lead={lead} foot={<SubmitButton>Sign out</SubmitButton>}>
        <p>You are signed in as {session.user.email}. Sign out, and open the link again.</p>
      </Card>
    </form>
  );
};
