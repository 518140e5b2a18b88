/** Ends attempts whose downloader has not reported until the end of the lease. */
import { and, asc, eq, gt, lte, or, sql } from 'drizzle-orm';
import type { AttemptRef } from '../attempts/attempt-token.ts';
import type { Ctx } from '../context.ts';
import { placements } from '../db/tables/artifacts.ts';
import { attempts, jobs } from '../db/tables/jobs.ts';
import type { JobRow } from '../db/rows.ts';
import { ring } from '../doorbell/ring.ts';
import { errorText } from '../error-text.ts';
import { blameJob, delayed, dueAt, queuePlace, type QueuePlace } from './alone/crashes.ts';
import { continueAfterEnd } from './end/after-end.ts';
import { leaveAttempt, type Loss } from './end/end-attempt.ts';
import { requeueLost, type LostAttempt } from './end/requeue-lost.ts';
import { afterFailure } from './end/retry-policy.ts';

/** Expired leases that one statement reads. */
const BATCH_ROWS = 250;
/** Batches of one sweep, each three statements. */
const MAX_BATCHES = 8;
/** Attempts that one sweep ends one by one, each with up to about 25 statements. */
const MAX_SINGLE_ENDS = 20;

/** How much later a job is due again for each attempt that was not delivered, in milliseconds. */
const UNDELIVERED_DELAY_MS = 10_000;
const MAX_UNDELIVERED_DELAY_MS = 300_000;

interface Expired {
  job: JobRow;
  acceptedAt: number | null;
  hasStored: number;
}

/**
 * Puts the jobs of lost attempts back into the queue, many in one statement. Jobs that end instead (canceled, out of
 * retries, or with a stored file) are ended one by one. Returns the attempts of those: they may have left files.
 */
export async function sweepLeases(ctx: Ctx): Promise<AttemptRef[]> {
  const single: Expired[] = [];
  let after = { leaseUntil: 0, id: '' };
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const rows = await findExpired(ctx, after);
    const lost = rows.map((row) => ({ row, attempt: toRequeue(ctx, row) }));
    single.push(...lost.filter(({ attempt }) => attempt === null).map(({ row }) => row));
    await requeue(
      ctx,
      lost.map(({ attempt }) => attempt).filter((attempt) => attempt !== null),
    );
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

function findExpired(ctx: Ctx, after: { leaseUntil: number; id: string }): Promise<Expired[]> {
  return ctx.db
    .select({
      job: jobs,
      acceptedAt: attempts.acceptedAt,
      hasStored: sql<number>`EXISTS (SELECT 1 FROM ${placements} WHERE ${placements.jobId} = ${jobs.id}
        AND ${placements.attempt} = ${jobs.attempt} AND ${placements.status} = 'stored')`.as('has_stored'),
    })
    .from(jobs)
    .innerJoin(attempts, and(eq(attempts.jobId, jobs.id), eq(attempts.attempt, jobs.attempt)))
    .where(
      and(
        eq(jobs.status, 'processing'),
        lte(jobs.leaseUntil, ctx.now()),
        or(
          gt(jobs.leaseUntil, after.leaseUntil),
          and(eq(jobs.leaseUntil, after.leaseUntil), gt(jobs.id, after.id)),
        ),
      ),
    )
    .orderBy(asc(jobs.leaseUntil), asc(jobs.id))
    .limit(BATCH_ROWS);
}

/** How the attempt goes back to the queue; null when its job ends, or needs a look at its files. */
function toRequeue(ctx: Ctx, { job, acceptedAt, hasStored }: Expired): LostAttempt | null {
  if (job.cancelRequestedAt !== null || hasStored === 1) return null;
  // An attempt that is not known to have begun costs nothing.
  if (acceptedAt === null) return { job, outcome: 'undelivered', place: laterPlace(ctx, job) };
  const { MAX_FAILURES: maxFailures } = ctx.config;
  const { code } = blameJob(job, { outcome: 'expired', failure: { code: 'downloader_lost' } });
  const next = afterFailure(code, { failures: job.failures, maxFailures, random: ctx.random() });
  if (!next.retry) return null;
  const place = queuePlace(job.crashes + 1, ctx.now() + next.delayMs);
  return { job, outcome: 'expired', failures: next.failures, place };
}

/**
 * The more often the job was not delivered, the longer it waits. It is then due after the jobs that wait already, so that a downloader
 * that drops it gets other jobs too.
 */
function laterPlace(ctx: Ctx, job: JobRow): QueuePlace {
  const freeAttempts = job.attempt - job.failures;
  const dueAgain = ctx.now() + Math.min(freeAttempts * UNDELIVERED_DELAY_MS, MAX_UNDELIVERED_DELAY_MS);
  return { crashes: job.crashes, ...delayed(job, dueAgain) };
}

async function requeue(ctx: Ctx, lost: LostAttempt[]): Promise<void> {
  const moved = await requeueLost(ctx, lost);
  const delaysSeconds = moved.map((job) => Math.ceil((dueAt(job) - ctx.now()) / 1000));
  for (const delay of new Set(delaysSeconds.filter((seconds) => seconds > 0))) await ring(ctx, delay);
}

/** One bad row must not keep the sweep from the others. */
async function endSingle(ctx: Ctx, { job, acceptedAt }: Expired): Promise<boolean> {
  // A heartbeat may have renewed the lease since it was read.
  const guard = lte(jobs.leaseUntil, ctx.now());
  const loss: Loss =
    acceptedAt === null
      ? { outcome: 'undelivered', guard }
      : { outcome: 'expired', failure: { code: 'downloader_lost' }, guard };
  try {
    const moved = await leaveAttempt(ctx, { job, loss });
    if (moved) await continueAfterEnd(ctx, moved);
    return moved !== null;
  } catch (error) {
    ctx.log.error('sweep.lease_failed', { jobId: job.id, error: errorText(error) });
    return false;
  }
}
