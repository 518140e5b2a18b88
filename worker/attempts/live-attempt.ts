/** The fence in front of every call that a downloader makes for one attempt. */
import { eq } from 'drizzle-orm';
import { readAttemptToken, type AttemptRef } from './attempt-token.ts';
import type { Ctx } from '../context.ts';
import type { JobRow, LiveAttempt } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { AppError } from '../errors.ts';

/**
 * The attempt that the token speaks for, which owns the job now. AppError `unauthorized` (forged, or of another job),
 * `stale` (expired, older, ended) or `cancel_requested`.
 */
export async function requireLiveAttempt(ctx: Ctx, token: string, jobId: string): Promise<LiveAttempt> {
  const ref = await readTokenOf(ctx, token, jobId);
  const job = await findJob(ctx, jobId);
  if (!job || !owns(job, ref)) throw new AppError('stale');
  if (job.cancelRequestedAt !== null) throw new AppError('cancel_requested');
  return { job, attempt: ref.attempt };
}

/** Reads a token that must speak for this job; AppError `unauthorized` or `stale`. */
export async function readTokenOf(ctx: Ctx, token: string, jobId: string): Promise<AttemptRef> {
  const ref = await readAttemptToken(ctx, token);
  if (ref.jobId !== jobId) throw new AppError('unauthorized', 'The attempt token is not for this job.');
  return ref;
}

/** True while the attempt owns the job. */
export function owns(job: JobRow, { attempt }: AttemptRef): boolean {
  return job.status === 'processing' && job.attempt === attempt;
}

/** The row, whoever it belongs to: for callers that have proved a right to it. */
export function findJob(ctx: Ctx, jobId: string): Promise<JobRow | undefined> {
  return ctx.db.query.jobs.findFirst({ where: eq(jobs.id, jobId) });
}
