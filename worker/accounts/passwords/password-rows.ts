import { and, eq, type SQL } from 'drizzle-orm';
import { auditRow } from '../../audit/audit-row.ts';
import type { Ctx } from '../../context.ts';
import { members } from '../../db/tables/members.ts';

interface PasswordChange {
  userId: string;
  email: string;
  action: 'member.password_changed' | 'member.password_reset';
  /** All workspaces of the user: the password opens every one of them. */
  workspaceIds: readonly string[];
  /** Without it being true, nothing is recorded. */
  condition?: SQL;
}

/** Statements that record a new password in the audit log of each workspace that its user still belongs to. */
export function passwordRows(ctx: Ctx, { userId, email, action, workspaceIds, condition }: PasswordChange) {
  return workspaceIds.map((workspaceId) => {
    const by = { workspaceId, actor: { type: 'user' as const, id: userId } };
    const where = and(eq(members.workspaceId, workspaceId), eq(members.userId, userId), condition);
    return auditRow(ctx, { by, action, subjectId: userId, subjectName: email }, { table: members, where });
  });
}
