/** Changes the role of a member, and ends a membership. */
import { and, eq, ne } from 'drizzle-orm';
import { auditRow } from '../../audit/audit-row.ts';
import type { Ctx, Principal } from '../../context.ts';
import { members, type Role } from '../../db/tables/members.ts';
import { AppError } from '../../errors.ts';
import { isReplaceable } from './last-owner.ts';
import { findMember } from './list-members.ts';

interface MemberInput {
  principal: Principal;
  userId: string;
}

/** Gives a member another role, which counts at once. AppError `member_not_found` or `last_owner`. */
export async function setRole(
  ctx: Ctx,
  { principal, userId, role }: MemberInput & { role: Role },
): Promise<void> {
  const { workspaceId } = principal;
  const member = await findMember(ctx, { workspaceId, userId });
  if (member.role === role) return;
  const where =
    role === 'owner'
      ? and(eq(members.workspaceId, workspaceId), eq(members.userId, userId), ne(members.role, role))
      : isReplaceable({ workspaceId, userId });
  const change = {
    by: principal,
    action: 'member.role_changed' as const,
    subjectId: userId,
    subjectName: member.email,
    details: { from: member.role, to: role },
  };
  const [, changed] = await ctx.db.batch([
    auditRow(ctx, change, { table: members, where }),
    ctx.db.update(members).set({ role }).where(where).returning({ userId: members.userId }),
  ]);
  if (changed.length === 0) await explain(ctx, { principal, userId });
}

/** Ends a membership; people may end their own. AppError `member_not_found` or `last_owner`. */
export async function removeMember(ctx: Ctx, { principal, userId }: MemberInput): Promise<void> {
  const { workspaceId, actor } = principal;
  const member = await findMember(ctx, { workspaceId, userId });
  const where = isReplaceable({ workspaceId, userId });
  const action = actor.id === userId ? ('member.left' as const) : ('member.removed' as const);
  const change = { by: principal, action, subjectId: userId, subjectName: member.email };
  const [, removed] = await ctx.db.batch([
    auditRow(ctx, change, { table: members, where }),
    ctx.db.delete(members).where(where).returning({ userId: members.userId }),
  ]);
  if (removed.length === 0) await explain(ctx, { principal, userId });
}

/** Why a statement changed no member. */
async function explain(ctx: Ctx, { principal, userId }: MemberInput): Promise<void> {
  await findMember(ctx, { workspaceId: principal.workspaceId, userId });
  throw new AppError('last_owner');
}
