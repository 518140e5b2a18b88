/** The guard of all pages of a workspace. */
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { readSession } from '../accounts/site-session.ts';
import type { Ctx } from '../context.ts';
import type { Scope } from '../contract/api/scopes.ts';
import { homeOf } from '../databases/every-database.ts';
import { AppError } from '../errors.ts';
import { signInAndSendAgain } from './pages/accounts/sign-in.tsx';
import type { SiteEnv, SiteSession } from './site-env.ts';

/** Lets only signed-in users pass and sets `session`. Visitors go to the sign-in page, and from there back to the page that they asked for. */
export function requireSession(ctx: Ctx) {
  return createMiddleware<SiteEnv>(async (c, next) => {
    const session = await readSession(homeOf(ctx), c.req.raw);
    if (session === null) return answerVisitor(c, homeOf(ctx));
    c.set('session', session);
    c.env.noteSession(session);
    await next();
  });
}

/** A form keeps what was typed. */
function answerVisitor(c: Context<SiteEnv>, ctx: Ctx): Response | Promise<Response> {
  if (c.req.method === 'POST') return signInAndSendAgain(c, ctx);
  // htmx follows redirects itself, and would put the sign-in page into a part of the page.
  if (c.req.header('HX-Request') === undefined) return c.redirect(signInPath(c.req.url), 303);
  const current = URL.parse(c.req.header('HX-Current-URL') ?? '');
  return c.body(null, 401, { 'HX-Redirect': signInPath(current?.href ?? c.req.url) });
}

/** The sign-in page that leads back to this page. */
function signInPath(url: string): string {
  const { pathname, search } = new URL(url);
  return `/sign-in?${new URLSearchParams({ next: pathname + search }).toString()}`;
}

/** The session of a page behind requireSession. */
export function sessionOf(c: Context<SiteEnv>): SiteSession {
  const { session } = c.var;
  if (!session) throw new AppError('unauthorized');
  return session;
}

/** Lets only users pass whose role has the scope; otherwise AppError `insufficient_role`. Reading is not protected more weakly than in the API. */
export function requireUserScope(scope: Scope) {
  return createMiddleware<SiteEnv>(async (c, next) => {
    if (!sessionOf(c).principal.scopes.includes(scope)) throw new AppError('insufficient_role');
    await next();
  });
}

/** Lets only owners of the operator's workspace pass. To others the page does not exist. */
export const requireSiteOperator = createMiddleware<SiteEnv>(async (c, next) => {
  if (!sessionOf(c).isOperator) throw new AppError('not_found');
  await next();
});
