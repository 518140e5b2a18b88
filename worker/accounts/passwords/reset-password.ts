import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Ctx } from '../../context.ts';
import { sessions, signInMethods, users } from '../../db/tables/accounts.ts';
import { members, oneTimeLinks } from '../../db/tables/members.ts';
import { AppError } from '../../errors.ts';
import { NewPassword, parseInput } from '../account-input.ts';
import { findLink, isLiveLink } from '../links/live-link.ts';
import { hashPassword } from '../new-user.ts';
import { passwordRows } from './password-rows.ts';
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
  const [hash, places] = await Promise.all([hashPassword(ctx, password), readPlaces(ctx, userId)]);
  const isLive = and(
    isLiveLink('reset', tokenHash, ctx.now()),
    or(
      isNull(oneTimeLinks.madeBy),
      mayResetPasswordOf(sql`${oneTimeLinks.userId}`, sql`${oneTimeLinks.madeBy}`),
    ),
  );
  const linked = sql`(SELECT ${oneTimeLinks.userId} FROM ${oneTimeLinks} WHERE ${isLive})`;
  const condition = sql`EXISTS ${linked}`;
  const isUsed = ctx.db.delete(oneTimeLinks).where(isLive).returning({ kind: oneTimeLinks.kind });
  const results = await ctx.db.batch([
    ctx.db
      .update(signInMethods)
      .set({ password: hash, updatedAt: new Date(ctx.now()) })
      .where(and(eq(signInMethods.userId, linked), eq(signInMethods.providerId, 'credential'))),
    ctx.db.delete(sessions).where(eq(sessions.userId, linked)),
    ...passwordRows(ctx, { ...places, action: 'member.password_reset', condition }),
    isUsed,
  ]);
  const used = results.at(-1) as Awaited<typeof isUsed>;
  if (used.length === 0) throw new AppError('link_not_valid');
  ctx.log.info('account.password_reset', { userId });
}

/** The user of a link, with the workspaces that the password opens. */
async function readPlaces({ db }: Ctx, userId: string | null) {
  const rows = await db
    .select({ email: users.email, workspaceId: members.workspaceId })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(eq(members.userId, userId ?? ''));
  const workspaceIds = rows.map(({ workspaceId }) => workspaceId);
  return { userId: userId ?? '', email: rows[0]?.email ?? '', workspaceIds };
}
