/** `/sign-up`: everybody makes an account where sign-up is open. */
import { Hono } from 'hono';
import { signUp } from '../../../accounts/sign-up.ts';
import type { Ctx } from '../../../context.ts';
import { AppError } from '../../../errors.ts';
import { redirectWith } from '../../flash.ts';
import { problemsOf, readForm, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import type { SiteEnv } from '../../site-env.ts';
import { ACCOUNT_LABELS, AccountForm, statusOf } from './account-form.tsx';
import { sendCookies } from './send-cookies.ts';

const TITLE = 'Make an account';

const SignUpForm = (form: { typed?: Typed; problems?: Problems }) => (
  <AccountForm
    action="/sign-up"
    title={TITLE}
    lead="It gets a workspace of its own, to which you can invite others."
    foot={
      <p class="small">
        <a href="/sign-in">I have an account</a>
      </p>
    }
    {...form}
  />
);

/** The routes, for the site's app to mount. */
export function signUpPages(ctx: Ctx): Hono<SiteEnv> {
  const pages = new Hono<SiteEnv>();
  pages.get('/sign-up', (c) => {
    if (ctx.config.OPEN_SIGNUP !== 'true') throw new AppError('sign_up_closed');
    return showPage(c, { title: TITLE, body: <SignUpForm /> });
  });
  pages.post('/sign-up', async (c) => {
    const typed = await readForm(c);
    try {
      sendCookies(c, (await signUp(ctx, { request: c.req.raw, input: typed })).cookies);
    } catch (error) {
      const body = <SignUpForm typed={typed} problems={problemsOf(error, ACCOUNT_LABELS)} />;
      return showPage(c, { title: TITLE, body, status: statusOf(error) });
    }
    return redirectWith(c, '/dashboard', { kind: 'done', text: 'Your account is ready.' });
  });
  return pages;
}
