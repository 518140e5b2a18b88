import { and, eq, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { boundRow } from '../db/bound-row.ts';
import { users } from '../db/tables/accounts.ts';
import { members, oneTimeLinks } from '../db/tables/members.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { AppError } from '../errors.ts';
import { auditRow } from '../audit/audit-row.ts';
import { NewAccount, parseInput } from './account-input.ts';
import { findLink, isLiveLink } from './links/live-link.ts';
import { insertUser } from './new-user.ts';
import { openSession, type SignedIn } from './open-session.ts';

/**
 * Uses up the link of an owner: makes an account that owns the operator's workspace, and starts its session. AppError
 * `link_not_valid`, also for the second of two requests with the same link, or `email_taken`.
 */
export async function createFirstOwner(
  ctx: Ctx,
  { request, token, account: input }: { request: Request; token: string; account: unknown },
): Promise<SignedIn> {
  const link = await findLink(ctx, { kind: 'owner', token });
  const account = parseInput(NewAccount, input);
  const [workspace] = await ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(eq(workspaces.isOperator, true))
    .orderBy(workspaces.createdAt)
    .limit(1);
  if (!workspace) throw new Error('there is no workspace of the operator');
  await insertOwner(ctx, { tokenHash: link.tokenHash, workspaceId: workspace.id, account });
  return openSession(ctx, { request, ...account });
}

async function insertOwner(
  ctx: Ctx,
  { tokenHash, workspaceId, account }: { tokenHash: string; workspaceId: string; account: NewAccount },
): Promise<void> {
  const userId = ctx.newId();
  const isLive = isLiveLink('owner', tokenHash, ctx.now());
  const member = boundRow(members, { workspaceId, userId, role: 'owner', createdAt: ctx.now() });
  const by = { workspaceId, actor: { type: 'user' as const, id: userId } };
  const joined = {
    by,
    action: 'member.joined' as const,
    subjectId: userId,
    subjectName: account.email,
    details: { role: 'owner' },
  };
  const isMade = eq(users.id, userId);
  const madeUser = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${isMade})`;
  const [, , , , used] = await ctx.db.batch([
    ...(await insertUser(ctx, { userId, account, condition: { table: oneTimeLinks, where: isLive } })),
    ctx.db.insert(members).select(ctx.db.select(member).from(users).where(isMade)),
    auditRow(ctx, joined, { table: users, where: isMade }),
    ctx.db.delete(oneTimeLinks).where(and(isLive, madeUser)).returning({ kind: oneTimeLinks.kind }),
  ]);
  if (used.length > 0) {
    ctx.log.info('account.owner_made', { userId, workspaceId });
    return;
  }
  const isTaken = (await ctx.db.$count(users, eq(users.email, account.email))) > 0;
  const isLinkLeft = (await ctx.db.$count(oneTimeLinks, isLive)) > 0;
  throw new AppError(isTaken && isLinkLeft ? 'email_taken' : 'link_not_valid');
}
