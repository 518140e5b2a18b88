/** Records when a key was last used, without a write for every request. */
import { and, eq, isNull, lte, or } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { ApiKeyRow } from '../../db/rows.ts';
import { apiKeys } from '../../db/tables/workspaces.ts';
import { errorText } from '../../error-text.ts';

/** At most one write for each key in this time, in milliseconds. */
const RECORDED_EVERY_MS = 60_000;

/** Records the use after the answer, unless one was recorded during the last minute. The row is as the request found it. */
export function noteUse(ctx: Ctx, { id, lastUsedAt }: ApiKeyRow): void {
  if (lastUsedAt !== null && lastUsedAt > ctx.now() - RECORDED_EVERY_MS) return;
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
