import { eq } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { sessions } from '../db/tables/accounts.ts';
import { authOf } from './auth.ts';
import type { SiteSession } from './site-session.ts';

/** Ends the session of the request. Returns the values of Set-Cookie that remove its cookie. Doing it again is harmless. */
export async function signOut(ctx: Ctx, request: Request): Promise<string[]> {
  const { headers } = await authOf(ctx).api.signOut({ headers: request.headers, returnHeaders: true });
  return headers.getSetCookie();
}

/** Ends all sessions of the user, on every device. Returns the values of Set-Cookie that remove this cookie. */
export async function signOutEverywhere(
  ctx: Ctx,
  { session, request }: { session: SiteSession; request: Request },
): Promise<string[]> {
  await ctx.db.delete(sessions).where(eq(sessions.userId, session.user.id));
  ctx.log.info('account.signed_out_everywhere', { userId: session.user.id });
  return signOut(ctx, request);
}
