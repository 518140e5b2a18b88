/** Conditions of SQL statements, so that an attempt that no longer owns its job changes nothing. */
import { and, eq, isNotNull, isNull, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { LiveAttempt } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { AppError } from '../errors.ts';
import type { AttemptRef } from './attempt-token.ts';
import { findJob } from './live-attempt.ts';
import { leaseEnd } from './lease.ts';

/** Selects the row of the job while this attempt owns it and a cancelation is (or is not) requested. */
export function isOwnedBy({ jobId, attempt }: AttemptRef, cancelRequested: boolean): SQL | undefined {
  return and(
    eq(jobs.id, jobId),
    eq(jobs.attempt, attempt),
    eq(jobs.status, 'processing'),
    cancelRequested ? isNotNull(jobs.cancelRequestedAt) : isNull(jobs.cancelRequestedAt),
  );
}

/** Selects the row of the job while this attempt owns it and no cancelation is requested. */
export function isLive({ job, attempt }: AttemptOfJob): SQL | undefined {
  return isOwnedBy({ jobId: job.id, attempt }, false);
}

/** The same condition for statements on other tables. */
export function whileLive(live: AttemptOfJob): SQL {
  return sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${isLive(live)})`;
}

/** The statement that renews the lease of a live attempt. It never shortens the lease. */
export function renewLease(ctx: Ctx, live: LiveAttempt) {
  return ctx.db
    .update(jobs)
    .set({ leaseUntil: sql`max(coalesce(${jobs.leaseUntil}, 0), ${leaseEnd(ctx.now())})` })
    .where(isLive(live));
}

/** An attempt of which nothing else is known. */
type AttemptOfJob = Pick<LiveAttempt, 'attempt'> & { job: Pick<LiveAttempt['job'], 'id'> };

/** Reads the job again. AppError `cancel_requested` or `stale` when the attempt may no longer write. */
export async function requireStillLive(ctx: Ctx, { job, attempt }: AttemptOfJob): Promise<void> {
  const row = await findJob(ctx, job.id);
  if (row?.status !== 'processing' || row.attempt !== attempt) throw new AppError('stale');
  if (row.cancelRequestedAt !== null) throw new AppError('cancel_requested');
}

/** For a statement that changed no row because the attempt has ended. Throws AppError `cancel_requested` or `stale`. */
export async function refuseDeadAttempt(ctx: Ctx, live: AttemptOfJob): Promise<never> {
  await requireStillLive(ctx, live);
  throw new AppError('stale');
}
