/** `/dashboard/account`: the password, the devices and the workspaces of the user. */
import { Hono, type Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { endSession, listSessions } from '../../../accounts/list-sessions.ts';
import { changePassword } from '../../../accounts/passwords/change-password.ts';
import { signOutEverywhere } from '../../../accounts/sign-out.ts';
import { mayMakeWorkspace } from '../../../accounts/workspaces/own-workspaces.ts';
import type { Ctx } from '../../../context.ts';
import { PageHeader } from '../../components/page-header.tsx';
import { redirectWith } from '../../flash.ts';
import { problemsOf, readForm, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { statusOf } from '../accounts/account-form.tsx';
import { sendCookies } from '../accounts/send-cookies.ts';
import { DevicesCard } from './devices-card.tsx';
import { PASSWORD_LABELS, PasswordCard } from './password-card.tsx';
import { WorkspacesCard } from './workspaces-card.tsx';

const PATH = '/dashboard/account';

/** The pages, for the site's app to mount. */
export function accountPages(ctx: Ctx): Hono<SiteEnv> {
  const pages = new Hono<SiteEnv>();
  pages.get(PATH, (c) => showAccount(ctx, c));
  pages.post(`${PATH}/password`, async (c) => {
    const input = await readForm(c);
    try {
      const cookies = await changePassword(ctx, { request: c.req.raw, session: sessionOf(c), input });
      sendCookies(c, cookies);
    } catch (error) {
      return showAccount(ctx, c, {
        problems: problemsOf(error, PASSWORD_LABELS),
        status: statusOf(error),
      });
    }
    const text = 'Your password is changed. Your other devices are signed out.';
    return redirectWith(c, PATH, { kind: 'done', text });
  });
  pages.post(`${PATH}/devices/:id/end`, async (c) => {
    await endSession(ctx, { session: sessionOf(c), sessionId: c.req.param('id') });
    return redirectWith(c, PATH, { kind: 'done', text: 'The device is signed out.' });
  });
  pages.post(`${PATH}/sign-out-everywhere`, async (c) => {
    sendCookies(c, await signOutEverywhere(ctx, { session: sessionOf(c), request: c.req.raw }));
    return redirectWith(c, '/sign-in', { kind: 'done', text: 'You are signed out on all devices.' });
  });
  return pages;
}

interface Shown {
  problems?: Problems;
  typed?: Typed;
  status?: ContentfulStatusCode;
}

async function showAccount(
  ctx: Ctx,
  c: Context<SiteEnv>,
  { problems = {}, status = 200 }: Shown = {},
): Promise<Response> {
  const session = sessionOf(c);
  const devices = await listSessions(ctx, session);
  const body = (
    <>
      <PageHeader title="Your account" lead={`${session.user.name}, ${session.user.email}`} />
      <div class="stack">
        <PasswordCard action={`${PATH}/password`} email={session.user.email} problems={problems} />
        <DevicesCard path={PATH} devices={devices} />
        <WorkspacesCard session={session} canMake={mayMakeWorkspace(ctx, session)} />
      </div>
    </>
  );
  return showPage(c, { title: 'Your account', body, status });
}
