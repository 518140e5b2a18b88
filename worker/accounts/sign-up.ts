import { eq } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { signInMethods, users } from '../db/tables/accounts.ts';
import { AppError } from '../errors.ts';
import { NewAccount, parseInput } from './account-input.ts';
import { requireAuthSecret } from './auth.ts';
import { countAttempt } from './limit-attempts.ts';
import { userRows } from './new-user.ts';
import { openSession, type SignedIn } from './open-session.ts';
import { ownWorkspace } from './workspaces/own-workspaces.ts';

/**
 * Makes an account with a workspace of its own, and starts a session. AppError `sign_up_closed` unless OPEN_SIGNUP is `true`,
 * `sign_in_limited` or `email_taken`.
 */
export async function signUp(
  ctx: Ctx,
  { request, input }: { request: Request; input: unknown },
): Promise<SignedIn> {
  requireAuthSecret(ctx);
  if (ctx.config.OPEN_SIGNUP !== 'true') throw new AppError('sign_up_closed');
  const account = parseInput(NewAccount, input);
  await countAttempt(ctx, { attempt: 'sign-up', email: account.email, request });
  await insertAccount(ctx, account);
  return openSession(ctx, { request, ...account });
}

async function insertAccount(ctx: Ctx, account: NewAccount): Promise<void> {
  const userId = ctx.newId();
  const { user, method } = await userRows(ctx, { userId, account });
  const { workspaceId, statements, discard } = await ownWorkspace(ctx, {
    userId,
    name: `${account.name}’s workspace`,
  });
  try {
    await ctx.db.batch([
      ctx.db.insert(users).values(user),
      ctx.db.insert(signInMethods).values(method),
      ...statements,
    ]);
  } catch (error) {
    await discard();
    // The batch fails as a whole when the address has an account.
    if ((await ctx.db.$count(users, eq(users.email, account.email))) > 0) throw new AppError('email_taken');
    throw error;
  }
  ctx.log.info('account.made', { userId, workspaceId });
}
