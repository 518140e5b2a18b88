import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Ctx } from '../../context.ts';
import { sessions, signInMethods } from '../../db/tables/accounts.ts';
import { oneTimeLinks } from '../../db/tables/members.ts';
import { AppError } from '../../errors.ts';
import { NewPassword, parseInput } from '../account-input.ts';
import { findLink, isLiveLink } from '../links/live-link.ts';
import { hashPassword } from '../new-user.ts';
import { mayResetPasswordOf } from './reset-links.ts';

/**
 * Uses up a link: sets the password of its user and ends all of their sessions. AppError `link_not_valid`, also when the owner who made it
 * may not make it any more.
 */
export async function resetPassword(
  ctx: Ctx,
  { token, input }: { token: string; input: unknown },
): Promise<void> {
  const { tokenHash, userId } = await findLink(ctx, { kind: 'reset', token });
  const { password } = parseInput(z.object({ password: NewPassword }), input);
  const hash = await hashPassword(ctx, password);
  const isLive = and(
    isLiveLink('reset', tokenHash, ctx.now()),
    or(
      isNull(oneTimeLinks.madeBy),
      mayResetPasswordOf(sql`${oneTimeLinks.userId}`, sql`${oneTimeLinks.madeBy}`),
    ),
  );
  const linked = sql`(SELECT ${oneTimeLinks.userId} FROM ${oneTimeLinks} WHERE ${isLive})`;
  const [, , used] = await ctx.db.batch([
    ctx.db
      .update(signInMethods)
      .set({ password: hash, updatedAt: new Date(ctx.now()) })
      .where(and(eq(signInMethods.userId, linked), eq(signInMethods.providerId, 'credential'))),
    ctx.db.delete(sessions).where(eq(sessions.userId, linked)),
    ctx.db.delete(oneTimeLinks).where(isLive).returning({ kind: oneTimeLinks.kind }),
  ]);
  if (used.length === 0) throw new AppError('link_not_valid');
  ctx.log.info('account.password_reset', { userId });
}
