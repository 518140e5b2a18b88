/** Ends the attempts of a downloader process that has ended, so that their jobs need not wait for their leases. */
import { and, asc, eq, isNotNull, lte, sql, type SQL } from 'drizzle-orm';
import type { AttemptRef } from '../../attempts/attempt-token.ts';
import type { Ctx } from '../../context.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { ring } from '../../doorbell/ring.ts';
import { errorText } from '../../error-text.ts';
import { endAttempt } from './end-attempt.ts';
import { lossOf, requeueRows, selectRunning, type LostRow } from './end-lost.ts';

/** Attempts that one call ends: it stays below the 1,000 statements that D1 allows in one invocation. The sweep finds the others. */
const MAX_ATTEMPTS = 250;
/** Of these, attempts that are ended one by one, each with up to about 25 statements. */
const MAX_SINGLE_ENDS = 20;

/**
 * It costs each attempt one failure; jobs that the downloader handed back are not there any more. `stoppedAt` is in unix milliseconds:
 * attempts that were accepted later run in another process. Never throws: the sweep finds what is left.
 */
export async function endAttemptsOfSlot(
  ctx: Ctx,
  { slot, stoppedAt }: { slot: string; stoppedAt: number },
): Promise<void> {
  const isOfProcess = and(isNotNull(jobs.acceptedAt), lte(jobs.acceptedAt, stoppedAt));
  try {
    await endWhere(ctx, eq(jobs.slot, slot), isOfProcess);
  } catch (error) {
    ctx.log.error('slot.end_failed', { slot, error: errorText(error) });
  }
}

/** Ends those of these attempts that still run. All of them had begun, also where the Worker does not know. */
export async function endLostAttempts(ctx: Ctx, refs: AttemptRef[]): Promise<void> {
  const isListed = sql`(${jobs.id}, ${jobs.attempt}) IN (SELECT value ->> 'jobId', value ->> 'attempt' FROM json_each(${JSON.stringify(refs)}))`;
  await endWhere(ctx, isListed);
}

async function endWhere(ctx: Ctx, isLost: SQL, isOfProcess?: SQL): Promise<void> {
  const found = await selectRunning(ctx)
    .where(and(eq(jobs.status, 'processing'), isLost, isOfProcess))
    .orderBy(asc(jobs.id))
    .limit(MAX_ATTEMPTS);
  if (found.length === 0) return;
  const rows: LostRow[] = found.map(({ job, hasStored }) => ({
    job: { ...job, acceptedAt: job.acceptedAt ?? ctx.now() },
    hasStored,
  }));
  const single = await requeueRows(ctx, rows, isLost);
  for (const row of single.slice(0, MAX_SINGLE_ENDS))
    await endAttempt(ctx, { job: row.job, loss: lossOf(row, undefined) });
  // Their places are free.
  await ring(ctx);
}
