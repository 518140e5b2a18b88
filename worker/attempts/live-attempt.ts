/** Checks that an attempt owns its job, before each call of a downloader for that attempt. */
import { eq } from 'drizzle-orm';
import type { AttemptRef } from './attempt-token.ts';
import type { Ctx } from '../context.ts';
import type { JobRow, LiveAttempt } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { AppError } from '../errors.ts';

/** The attempt with its job, if it owns the job now. AppError `stale` or `cancel_requested`. */
export async function requireLiveAttempt(ctx: Ctx, ref: AttemptRef): Promise<LiveAttempt> {
  return requireOwner(await findJob(ctx, ref.jobId), ref);
}

/** The attempt with its job, from the row of the job. AppError `stale` or `cancel_requested`. */
export function requireOwner(job: JobRow | undefined, ref: AttemptRef): LiveAttempt {
  if (!job || !owns(job, ref)) throw new AppError('stale');
  if (job.cancelRequestedAt !== null) throw new AppError('cancel_requested');
  return { job, attempt: ref.attempt };
}

/** True while the attempt owns the job. */
export function owns(job: JobRow, { attempt }: AttemptRef): boolean {
  return job.status === 'processing' && job.attempt === attempt;
}

/** The job of any workspace: for callers that have already shown that they may read it. */
export function findJob(ctx: Ctx, jobId: string): Promise<JobRow | undefined> {
  return ctx.db.query.jobs.findFirst({ where: eq(jobs.id, jobId) });
}
