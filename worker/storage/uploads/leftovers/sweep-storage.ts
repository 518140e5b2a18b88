/** The regular clean-up of storage: what ended attempts left behind, and files whose retention has ended. */
import { and, asc, eq, isNotNull, lte, sql } from 'drizzle-orm';
import type { AttemptRef } from '../../../attempts/attempt-token.ts';
import type { Ctx } from '../../../context.ts';
import { placements } from '../../../db/tables/artifacts.ts';
import { errorText } from '../../../error-text.ts';
import { removeLeftovers, type CleaningLimits } from './remove-leftovers.ts';

/** Expired files of one statement: R2 deletes at most 1,000 keys in a call, D1 binds at most 100 values. */
const BATCH_ROWS = 90;
/** Batches of expired files in one sweep, each two statements. */
const MAX_BATCHES = 10;

/**
 * Deletes expired files, then removes leftovers, also those of attempts that have just ended. What does not fit into
 * the limits waits for the next sweep. Never throws.
 */
export async function sweepStorage(
  ctx: Ctx,
  cleaning: { ended: AttemptRef[]; limits?: CleaningLimits | undefined },
): Promise<void> {
  try {
    await deleteExpired(ctx);
    await removeLeftovers(ctx, cleaning);
  } catch (error) {
    ctx.log.error('storage.sweep_failed', { error: errorText(error) });
  }
}

async function deleteExpired(ctx: Ctx): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const rows = await ctx.db.query.placements.findMany({
      columns: { jobId: true, attempt: true, id: true, key: true },
      where: and(
        eq(placements.status, 'stored'),
        isNotNull(placements.expiresAt),
        lte(placements.expiresAt, ctx.now()),
      ),
      orderBy: asc(placements.expiresAt),
      limit: BATCH_ROWS,
    });
    if (rows.length === 0) return;
    // The object first: a row that says "expired" promises that nothing is stored any more.
    await ctx.media.delete(rows.map(({ key }) => key));
    const keys = JSON.stringify(rows.map(({ jobId, attempt, id }) => [jobId, attempt, id]));
    const isOneOf = sql`(job_id, attempt, id) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${keys}))`;
    await ctx.db
      .update(placements)
      .set({ status: 'expired' })
      .where(and(isOneOf, eq(placements.status, 'stored')));
  }
}
