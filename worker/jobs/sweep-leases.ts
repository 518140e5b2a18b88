/** Ends attempts whose downloader has not reported until the end of the lease. */
import { and, asc, eq, gt, lte, or } from 'drizzle-orm';
import type { AttemptRef } from '../attempts/attempt-token.ts';
import type { Ctx } from '../context.ts';
import { jobs } from '../db/tables/jobs.ts';
import { errorText } from '../error-text.ts';
import { continueAfterEnd } from './end/after-end.ts';
import { leaveAttempt } from './end/end-attempt.ts';
import { lossOf, requeueRows, selectRunning, type LostRow } from './end/end-lost.ts';

/** Expired leases that one statement reads. */
const BATCH_ROWS = 250;
/** Batches of one sweep, each three statements. */
const MAX_BATCHES = 8;
/** Attempts that one sweep ends one by one, each with up to about 25 statements. */
const MAX_SINGLE_ENDS = 20;

/**
 * Puts the jobs of lost attempts back into the queue, many in one statement. Jobs that end instead (canceled, out of
 * retries, or with a stored file) are ended one by one. Returns the attempts of those: they may have left files.
 */
export async function sweepLeases(ctx: Ctx): Promise<AttemptRef[]> {
  const single: LostRow[] = [];
  let after = { leaseUntil: 0, id: '' };
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const rows = await findExpired(ctx, after);
    // A heartbeat may renew the lease of a row after it was read.
    single.push(...(await requeueRows(ctx, rows, lte(jobs.leaseUntil, ctx.now()))));
    const last = rows.at(-1)?.job;
    if (!last || rows.length < BATCH_ROWS) break;
    after = { leaseUntil: last.leaseUntil ?? 0, id: last.id };
  }
  const ended: AttemptRef[] = [];
  for (const row of single.slice(0, MAX_SINGLE_ENDS)) {
    if (await endSingle(ctx, row)) ended.push({ jobId: row.job.id, attempt: row.job.attempt });
  }
  return ended;
}

function findExpired(ctx: Ctx, after: { leaseUntil: number; id: string }): Promise<LostRow[]> {
  const isAfter = and(eq(jobs.leaseUntil, after.leaseUntil), gt(jobs.id, after.id));
  return selectRunning(ctx)
    .where(
      and(
        eq(jobs.status, 'processing'),
        lte(jobs.leaseUntil, ctx.now()),
        or(gt(jobs.leaseUntil, after.leaseUntil), isAfter),
      ),
    )
    .orderBy(asc(jobs.leaseUntil), asc(jobs.id))
    .limit(BATCH_ROWS);
}

/** One bad row must not keep the sweep from the others. */
async function endSingle(ctx: Ctx, row: LostRow): Promise<boolean> {
  const { job } = row;
  try {
    const moved = await leaveAttempt(ctx, { job, loss: lossOf(row, lte(jobs.leaseUntil, ctx.now())) });
    if (moved) await continueAfterEnd(ctx, moved);
    return moved !== null;
  } catch (error) {
    ctx.log.error('sweep.lease_failed', { jobId: job.id, error: errorText(error) });
    return false;
  }
}
