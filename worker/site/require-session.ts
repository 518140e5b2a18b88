/** The guard of all pages of a workspace. */
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { readSession } from '../accounts/site-session.ts';
import type { Ctx } from '../context.ts';
import type { Scope } from '../contract/api/scopes.ts';
import { AppError } from '../errors.ts';
import { signInAndSendAgain } from './pages/accounts/sign-in.tsx';
import type { SiteEnv, SiteSession } from './site-env.ts';

/** Lets only signed-in users pass and sets `session`. Visitors go to the sign-in page, and from there back to the page that they asked for. */
export function requireSession(ctx: Ctx) {
  return createMiddleware<SiteEnv>(async (c, next) => {
    const session = await readSession(ctx, c.req.raw);
    if (session === null) return answerVisitor(c, ctx);
    c.set('session', session);
    c.env.noteSession(session);
    await next();
  });
}

/** A form keeps what was typed. */
function answerVisitor(c: Context<SiteEnv>, ctx: Ctx): Response | Promise<Response> {
  if (c.req.method === 'POST') return signInAndSendAgain(c, ctx);
  const { pathname, search } = new URL(c.req.url);
  return c.redirect(`/sign-in?${new URLSearchParams({ next: pathname + search }).toString()}`, 303);
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
