import { and, eq, sql, type SQL } from 'drizzle-orm';
import { members } from '../../db/tables/members.ts';
import type { MemberRef } from './list-members.ts';

/**
 * Selects the member, unless it is the last owner of the workspace. Part of the statements that change it, so two owners cannot remove
 * each other at the same time.
 */
export function isReplaceable({ workspaceId, userId }: MemberRef): SQL | undefined {
  return and(
    eq(members.workspaceId, workspaceId),
    eq(members.userId, userId),
    sql`(${members.role} <> 'owner' OR EXISTS (SELECT 1 FROM ${members} AS other
      WHERE other.workspace_id = ${workspaceId} AND other.role = 'owner' AND other.user_id <> ${userId}))`,
  );
}
