/** Records when a key was last used, without a write for every request. */
import { and, eq, isNull, lte, or } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { ApiKeyRow } from '../../db/rows.ts';
import { apiKeys } from '../../db/tables/workspaces.ts';
import { errorText } from '../../error-text.ts';

/** At most one write for each key in this time, in milliseconds. */
const RECORDED_EVERY_MS = 60_000;

/** Records the use after the answer and in the row, unless one was recorded during the last minute. The row is as D1 gave it, maybe for an earlier request. */
export function noteUse(ctx: Ctx, row: ApiKeyRow): void {
  const { id, lastUsedAt } = row;
  const now = ctx.now();
  if (lastUsedAt !== null && lastUsedAt > now - RECORDED_EVERY_MS) return;
  row.lastUsedAt = now;
  ctx.background(writeUse(ctx, id));
}

/** Requests that arrive together all come here, and the condition lets one of them write. */
async function writeUse(ctx: Ctx, id: string): Promise<void> {
  const now = ctx.now();
  const isDue = or(isNull(apiKeys.lastUsedAt), lte(apiKeys.lastUsedAt, now - RECORDED_EVERY_MS));
  try {
    await ctx.db
      .update(apiKeys)
      .set({ lastUsedAt: now })
      .where(and(eq(apiKeys.id, id), isDue));
  } catch (error) {
    ctx.log.error('key.use_not_recorded', { keyId: id, error: errorText(error) });
  }
}
