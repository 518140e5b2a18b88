import { and, desc, eq, not, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { ApiKeyRow } from '../../db/rows.ts';
import { apiKeys } from '../../db/tables/workspaces.ts';
import { isLive } from './live-key.ts';

/** How many of the keys that have ended are listed. */
const MAX_ENDED_KEYS = 100;

/** All keys of the workspace that are in force, and the newest of those that have ended; the newest first. */
export async function listKeys(ctx: Ctx, { workspaceId }: { workspaceId: string }): Promise<ApiKeyRow[]> {
  const live = isLive(ctx.now());
  const select = (condition: SQL | undefined) =>
    ctx.db
      .select()
      .from(apiKeys)
      .where(and(eq(apiKeys.workspaceId, workspaceId), condition))
      .orderBy(desc(apiKeys.id));
  const [current, ended] = await ctx.db.batch([
    select(live),
    select(live && not(live)).limit(MAX_ENDED_KEYS),
  ]);
  return [...current, ...ended];
}
