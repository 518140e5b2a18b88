/** Invitations: read and accepted by the people who got them. */
import { and, eq, sql, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { auditRow } from '../../audit/audit-row.ts';
import type { Ctx } from '../../context.ts';
import { boundRow } from '../../db/bound-row.ts';
import type { InvitationRow } from '../../db/rows.ts';
import { sessions, users } from '../../db/tables/accounts.ts';
import { invitations, members } from '../../db/tables/members.ts';
import { workspaces } from '../../db/tables/workspaces.ts';
import { AppError } from '../../errors.ts';
import { Name, NewPassword, parseInput } from '../account-input.ts';
import { requireAuthSecret } from '../auth.ts';
import { hashLinkToken } from '../links/link-token.ts';
import { insertUser } from '../new-user.ts';
import { openSession, type SignedIn } from '../open-session.ts';
import type { SiteSession } from '../site-session.ts';
import { isOpenInvitation } from './open-invitation.ts';

const NewMember = z.object({ name: Name, password: NewPassword });

export interface FoundInvitation {
  row: InvitationRow;
  workspaceName: string;
}

/** The invitation of a link. AppError `link_not_valid`. Reading it does not use it. */
export async function findInvitation(ctx: Ctx, token: string): Promise<FoundInvitation> {
  requireAuthSecret(ctx);
  const tokenHash = await hashLinkToken(token);
  if (tokenHash === null) throw new AppError('link_not_valid');
  const [found] = await ctx.db
    .select({ row: invitations, workspaceName: workspaces.name })
    .from(invitations)
    .innerJoin(workspaces, eq(workspaces.id, invitations.workspaceId))
    .where(isOpen(ctx, tokenHash));
  if (!found) throw new AppError('link_not_valid');
  return found;
}

/**
 * Makes the signed-in user a member, and shows the workspace in this session. AppError `link_not_valid`, also for the second of two
 * requests, or `invitation_for_other`.
 */
export async function acceptInvitation(
  ctx: Ctx,
  { token, session }: { token: string; session: SiteSession },
): Promise<void> {
  const { row } = await findInvitation(ctx, token);
  const { user, sessionId } = session;
  if (row.email !== user.email) throw new AppError('invitation_for_other');
  const isLive = isOpen(ctx, row.tokenHash);
  const [, , used] = await ctx.db.batch([
    ...joinStatements(ctx, { row, userId: user.id, isLive }),
    ctx.db.delete(invitations).where(isLive).returning({ id: invitations.id }),
    ctx.db.update(sessions).set({ workspaceId: row.workspaceId }).where(eq(sessions.id, sessionId)),
  ]);
  if (used.length === 0) throw new AppError('link_not_valid');
}

/**
 * Makes an account with the address of the invitation, a member, and a session. AppError as acceptInvitation, or `email_taken`: then the
 * person signs in first.
 */
export async function joinWithNewAccount(
  ctx: Ctx,
  { request, token, input }: { request: Request; token: string; input: unknown },
): Promise<SignedIn> {
  const { row } = await findInvitation(ctx, token);
  const account = { ...parseInput(NewMember, input), email: row.email };
  const userId = ctx.newId();
  const condition = { table: invitations, where: isOpen(ctx, row.tokenHash) };
  const isMade = sql`EXISTS (SELECT 1 FROM ${users} AS made WHERE made.id = ${userId})`;
  const isLive = and(condition.where, isMade);
  const [, , , , used] = await ctx.db.batch([
    ...(await insertUser(ctx, { userId, account, condition })),
    ...joinStatements(ctx, { row, userId, isLive }),
    ctx.db.delete(invitations).where(isLive).returning({ id: invitations.id }),
  ]);
  if (used.length === 0) {
    await findInvitation(ctx, token);
    throw new AppError('email_taken');
  }
  ctx.log.info('account.made', { userId, workspaceId: row.workspaceId });
  return openSession(ctx, { request, ...account });
}

function isOpen(ctx: Ctx, tokenHash: string): SQL | undefined {
  return and(eq(invitations.tokenHash, tokenHash), isOpenInvitation(ctx.now()));
}

function joinStatements(
  ctx: Ctx,
  { row, userId, isLive }: { row: InvitationRow; userId: string; isLive: SQL | undefined },
) {
  const { workspaceId, role, email } = row;
  const member = boundRow(members, { workspaceId, userId, role, createdAt: ctx.now() });
  const change = {
    by: { workspaceId, actor: { type: 'user' as const, id: userId } },
    action: 'member.joined' as const,
    subjectId: userId,
    subjectName: email,
    details: { role, invitedBy: row.invitedBy },
  };
  return [
    ctx.db
      .insert(members)
      .select(ctx.db.select(member).from(invitations).where(isLive))
      .onConflictDoNothing(),
    auditRow(ctx, change, { table: invitations, where: isLive }),
  ] as const;
}
