/** `/setup/{token}`: the first owner makes an account. */
import { Hono } from 'hono';
import { createFirstOwner } from '../../../accounts/create-first-owner.ts';
import { findLink } from '../../../accounts/links/live-link.ts';
import type { Ctx } from '../../../context.ts';
import { redirectWith } from '../../flash.ts';
import { problemsOf, readForm } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import type { SiteEnv } from '../../site-env.ts';
import { ACCOUNT_LABELS, AccountForm, statusOf } from './account-form.tsx';
import { sendCookies } from './send-cookies.ts';

const TITLE = 'Welcome';
const LEAD = 'Make the account of the owner. It manages this service and its members.';

/** The routes, for the site's app to mount. */
export function setupPages(ctx: Ctx): Hono<SiteEnv> {
  const pages = new Hono<SiteEnv>();
  pages.get('/setup/:token', async (c) => {
    await findLink(ctx, { kind: 'owner', token: c.req.param('token') });
    const body = <AccountForm action={c.req.path} title={TITLE} lead={LEAD} />;
    return showPage(c, { title: TITLE, body });
  });
  pages.post('/setup/:token', async (c) => {
    const typed = await readForm(c);
    try {
      const token = c.req.param('token');
      const { cookies } = await createFirstOwner(ctx, { request: c.req.raw, token, account: typed });
      sendCookies(c, cookies);
    } catch (error) {
      const form = { typed, problems: problemsOf(error, ACCOUNT_LABELS) };
      const body = <AccountForm action={c.req.path} title={TITLE} lead={LEAD} {...form} />;
      return showPage(c, { title: TITLE, body, status: statusOf(error) });
    }
    return redirectWith(c, '/dashboard', { kind: 'done', text: 'Your account is ready.' });
  });
  return pages;
}
