/** Ends attempts that were lost together with their downloaders: many in two statements, those whose jobs end one by one. */
import { sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import type { JobRow } from '../../db/rows.ts';
import { ring } from '../../doorbell/ring.ts';
import { blameJob, delayed, dueAt, queuePlace, type QueuePlace } from '../alone/crashes.ts';
import type { Loss } from './end-attempt.ts';
import { requeueLost, type LostAttempt } from './requeue-lost.ts';
import { afterFailure } from './retry-policy.ts';

/** How much later a job is due again for each attempt that was not delivered, in milliseconds. */
const UNDELIVERED_DELAY_MS = 10_000;
const MAX_UNDELIVERED_DELAY_MS = 300_000;

/** A running job with what decides how its attempt ends. */
export interface LostRow {
  job: JobRow;
  hasStored: number;
}

/** Selects jobs, for a caller that adds which running ones are lost. */
export function selectRunning(ctx: Ctx) {
  return ctx.db
    .select({
      job: jobs,
      // Drizzle leaves out the table of a column here.
      hasStored: sql<number>`EXISTS (SELECT 1 FROM ${placements} AS place WHERE place.job_id = jobs.id
        AND place.attempt = jobs.attempt AND place.status = 'stored')`.as('has_stored'),
    })
    .from(jobs);
}

/**
 * Puts the jobs back into the queue, and rings for them. `isLost` must still hold for a job then. Returns the rows whose jobs end instead, or
 * need a look at their files.
 */
export async function requeueRows(ctx: Ctx, rows: LostRow[], isLost: SQL | undefined): Promise<LostRow[]> {
  const ends = rows.map((row) => ({ row, attempt: toRequeue(ctx, row) }));
  const lost = ends.map(({ attempt }) => attempt).filter((attempt) => attempt !== null);
  const moved = await requeueLost(ctx, lost, isLost);
  const delaysSeconds = moved.map((job) => Math.ceil((dueAt(job) - ctx.now()) / 1000));
  for (const delay of new Set(delaysSeconds.filter((seconds) => seconds > 0))) await ring(ctx, delay);
  return ends.filter(({ attempt }) => attempt === null).map(({ row }) => row);
}

/** How an attempt ends that is lost. One that is not known to have begun costs nothing. */
export function lossOf({ job: { acceptedAt } }: LostRow, guard: SQL | undefined): Loss {
  const guarded = guard && { guard };
  return acceptedAt === null
    ? { outcome: 'undelivered', ...guarded }
    : { outcome: 'expired', failure: { code: 'downloader_lost' }, ...guarded };
}

/** How the attempt goes back to the queue; null when its job ends, or needs a look at its files. */
function toRequeue(ctx: Ctx, { job, hasStored }: LostRow): LostAttempt | null {
  if (job.cancelRequestedAt !== null || hasStored === 1) return null;
  if (job.acceptedAt === null) return { job, outcome: 'undelivered', place: laterPlace(ctx, job) };
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
