import { and, eq, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { isTerminal, type JobKind } from '../contract/job.ts';
import type { JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { isVisibleJob } from '../db/visible-job.ts';
import { AppError } from '../errors.ts';
import { finish } from './end/transitions.ts';

export interface JobRef {
  workspaceId: string;
  jobId: string;
}

/** A job may be claimed or queued again between the read and the write. This many changes in a row do not happen. */
const MAX_TRIES = 5;

/**
 * Cancels a job of the workspace, by default an import or a store job. A queued job is canceled at once. A running job gets a cancel request, and the answer
 * still says `processing`. A repeated call changes nothing. AppError `job_not_found`, or `job_already_ended` when the job
 * completed or failed.
 */
export async function cancelJob(ctx: Ctx, ref: JobRef, kinds?: readonly JobKind[]): Promise<JobRow> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const job = await ctx.db.query.jobs.findFirst({ where: isVisibleJob(ref, kinds) });
    if (!job) throw new AppError('job_not_found');
    if (job.status === 'canceled') return job;
    if (isTerminal(job.status)) throw new AppError('job_already_ended', `The job has already ${job.status}.`);
    const moved = job.status === 'queued' ? await cancelQueued(ctx, job) : await requestCancel(ctx, job);
    if (moved) return moved;
  }
  throw new Error('the job changed at every try to cancel it');
}

function cancelQueued(ctx: Ctx, job: JobRow): Promise<JobRow | null> {
  return finish(ctx, {
    job,
    status: 'canceled',
    guard: eq(jobs.status, 'queued'),
    attemptEnd: { outcome: 'canceled' },
  });
}

/** Tells the downloader at once. The answer to its next heartbeat says it again. */
async function requestCancel(ctx: Ctx, { id }: JobRow): Promise<JobRow | null> {
  const [job] = await ctx.db
    .update(jobs)
    .set({ cancelRequestedAt: sql`coalesce(${jobs.cancelRequestedAt}, ${ctx.now()})` })
    .where(and(eq(jobs.id, id), eq(jobs.status, 'processing')))
    .returning();
  if (!job) return null;
  if (job.slot !== null) await ctx.downloader.cancel(job.slot, job.id);
  return job;
}
