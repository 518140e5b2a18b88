import { asc, lt, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { idempotencyKeys } from '../db/tables/idempotency-keys.ts';

/** For how long an answer is kept, in milliseconds. */
const KEPT_MS = 24 * 3600_000;
/** Answers that one sweep deletes: 1.4 million a day. */
const MAX_ROWS = 1000;

/** Deletes the oldest answers that were kept long enough. */
export async function pruneAnswers(ctx: Ctx): Promise<void> {
  const rowid = sql`${idempotencyKeys}.rowid`;
  const oldest = ctx.db
    .select({ rowid })
    .from(idempotencyKeys)
    .where(lt(idempotencyKeys.createdAt, ctx.now() - KEPT_MS))
    .orderBy(asc(idempotencyKeys.createdAt))
    .limit(MAX_ROWS);
  await ctx.db.delete(idempotencyKeys).where(sql`rowid IN ${oldest}`);
}
