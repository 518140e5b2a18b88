import { and, isNull, sql, type SQL } from 'drizzle-orm';
import { auditRow, type By } from '../../audit/audit-row.ts';
import type { Ctx } from '../../context.ts';
import type { ApiKeyRow } from '../../db/rows.ts';
import { apiKeys } from '../../db/tables/workspaces.ts';
import { AppError } from '../../errors.ts';
import { findOwnKey, isOwnKey, type KeyRef } from './find-own-key.ts';

/** Later than every end. */
const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * Revokes a key: from then on, no request with it is accepted. Revoking it again changes nothing. AppError
 * `key_not_found`, or `last_admin_key` when the workspace could no longer create keys.
 */
export async function revokeKey(ctx: Ctx, ref: KeyRef & By): Promise<ApiKeyRow> {
  const now = ctx.now();
  const where = and(isOwnKey(ref), isNull(apiKeys.revokedAt), leavesAnAdmin(now));
  const change = {
    by: ref,
    action: 'key.revoked' as const,
    subjectId: ref.keyId,
    subjectName: apiKeys.name,
  };
  const [, [revoked]] = await ctx.db.batch([
    auditRow(ctx, change, { table: apiKeys, where }),
    ctx.db.update(apiKeys).set({ revokedAt: now }).where(where).returning(),
  ]);
  if (revoked) return revoked;
  const row = await findOwnKey(ctx, ref);
  if (row.revokedAt === null) throw new AppError('last_admin_key');
  return row;
}

/**
 * True for a key without the scope admin, for an expired one, and when another admin key is in force at least as long.
 * Part of the statement that revokes, so that two admin keys cannot revoke each other.
 */
function leavesAnAdmin(now: number): SQL {
  return sql`(instr(${apiKeys.scopes}, '"admin"') = 0 OR coalesce(${apiKeys.expiresAt}, ${NEVER}) <= ${now} OR EXISTS (
    SELECT 1 FROM ${apiKeys} AS other
    WHERE other.workspace_id = ${apiKeys.workspaceId} AND other.id <> ${apiKeys.id} AND other.revoked_at IS NULL
      AND instr(other.scopes, '"admin"') > 0 AND coalesce(other.expires_at, ${NEVER}) >= coalesce(${apiKeys.expiresAt}, ${NEVER})))`;
}
