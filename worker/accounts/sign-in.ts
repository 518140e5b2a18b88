import { and, eq, lt } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { sessions } from '../db/tables/accounts.ts';
import { members } from '../db/tables/members.ts';
import { AppError } from '../errors.ts';
import { authOf } from './auth.ts';
import { Email, parseInput } from './account-input.ts';
import { countAttempt } from './limit-attempts.ts';
import { notBefore } from './not-before.ts';
import { openSession, type SignedIn } from './open-session.ts';

export interface SignInInput {
  request: Request;
  email: string;
  password: string;
}

/**
 * Starts a session. AppError `sign_in_failed` for an unknown address and for a wrong password, after the same time;
 * `sign_in_limited`; `no_workspace` for a user who was removed from all of them.
 */
export async function signIn(ctx: Ctx, { request, email, password }: SignInInput): Promise<SignedIn> {
  authOf(ctx);
  const address = parseInput(Email, email);
  await countAttempt(ctx, { attempt: 'sign-in', email: address, request });
  const signedIn = await notBefore(() => openSession(ctx, { request, email: address, password }));
  const { userId, token } = signedIn;
  if ((await ctx.db.$count(members, eq(members.userId, userId))) === 0) {
    await ctx.db.delete(sessions).where(eq(sessions.token, token));
    throw new AppError('no_workspace');
  }
  await ctx.db
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), lt(sessions.expiresAt, new Date(ctx.now()))));
  ctx.log.info('account.signed_in', { userId });
  return signedIn;
}
