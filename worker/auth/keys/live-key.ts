/** When a key is in force: neither revoked nor expired. */
import { and, eq, gt, isNull, or, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { apiKeys } from '../../db/tables/workspaces.ts';

/** The most keys of a workspace that are in force at the same time. */
export const MAX_LIVE_KEYS = 100;

/** Selects keys that are in force at this time, in unix milliseconds. */
export function isLive(now: number): SQL | undefined {
  return and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)));
}

/** True while the workspace may have one more key. Part of the statement that inserts it, so parallel requests cannot exceed the limit. */
export function hasKeyRoom(workspaceId: string, now: number): SQL {
  const live = and(eq(apiKeys.workspaceId, workspaceId), isLive(now));
  return sql`(SELECT count(*) FROM ${apiKeys} WHERE ${live}) < ${MAX_LIVE_KEYS}`;
}

/** Those of the keys that are in force. */
export async function findLiveKeyIds(
  { db, now }: Pick<Ctx, 'db' | 'now'>,
  ids: string[],
): Promise<Set<string>> {
  const rows = await db
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(sql`${apiKeys.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`, isLive(now())));
  return new Set(rows.map(({ id }) => id));
}
