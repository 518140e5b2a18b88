/** `/sign-in` and `/sign-out`. */
import { Hono, type Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { hasAccounts } from '../../../accounts/has-accounts.ts';
import { signIn } from '../../../accounts/sign-in.ts';
import { signOut } from '../../../accounts/sign-out.ts';
import { readSession } from '../../../accounts/site-session.ts';
import type { Ctx } from '../../../context.ts';
import { redirectWith } from '../../flash.ts';
import { problemsOf, readForm } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import type { SiteEnv } from '../../site-env.ts';
import { statusOf } from './account-form.tsx';
import { nextPath } from './next-path.ts';
import { sendCookies } from './send-cookies.ts';
import { SignInForm } from './sign-in-form.tsx';
import { KEPT_FORM, packForm, SendAgain } from './typed-form.tsx';

const LABELS = { email: 'E-mail address', password: 'Password' };

/** The routes, for the site's app to mount. */
export function signInPages(ctx: Ctx): Hono<SiteEnv> {
  const pages = new Hono<SiteEnv>();
  pages.get('/sign-in', async (c) => {
    const next = nextPath(c.req.query('next'));
    if ((await readSession(ctx, c.req.raw)) !== null) return c.redirect(next, 303);
    return showSignIn(c, ctx, { next });
  });
  pages.post('/sign-in', async (c) => {
    const typed = await readForm(c);
    const { email = '', password = '' } = typed;
    const next = nextPath(typed['next']);
    const kept = typed[KEPT_FORM];
    try {
      const { cookies } = await signIn(ctx, { request: c.req.raw, email, password });
      sendCookies(c, cookies);
    } catch (error) {
      const problems = problemsOf(error, LABELS);
      return showSignIn(c, ctx, { next, email, kept, problems, status: statusOf(error) });
    }
    if (kept === undefined) return c.redirect(next, 303);
    return showPage(c, { title: 'Signed in', body: <SendAgain action={next} kept={kept} /> });
  });
  pages.post('/sign-out', async (c) => {
    sendCookies(c, await signOut(ctx, c.req.raw));
    return redirectWith(c, '/sign-in', { kind: 'done', text: 'You are signed out.' });
  });
  return pages;
}

/** Answers a form whose session has ended with the sign-in page, which keeps what was typed. */
export async function signInAndSendAgain(c: Context<SiteEnv>, ctx: Ctx): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  const kept = packForm(await readForm(c));
  return showSignIn(c, ctx, { next: pathname + search, kept, status: 401 });
}

async function showSignIn(
  c: Context<SiteEnv>,
  ctx: Ctx,
  {
    status = 200,
    ...form
  }: { status?: ContentfulStatusCode } & Omit<Parameters<typeof SignInForm>[0], 'isSignUpOpen' | 'isFresh'>,
): Promise<Response> {
  const isFresh = !(await hasAccounts(ctx));
  const body = <SignInForm isSignUpOpen={ctx.config.OPEN_SIGNUP === 'true'} isFresh={isFresh} {...form} />;
  return showPage(c, { title: 'Sign in', body, status });
}
