import type { Ctx } from '../../context.ts';
import { isTerminal, type JobKind } from '../../contract/job.ts';
import type { JobRow } from '../../db/rows.ts';
import { isVisibleJob } from '../../db/visible-job.ts';
import { AppError } from '../../errors.ts';

/** A job of this kind and workspace that has ended. AppError `job_not_found`, also for a job of another kind, or `job_not_ended`. */
export async function findEndedJob(
  ctx: Ctx,
  { kind, ...ref }: { workspaceId: string; jobId: string; kind: JobKind },
): Promise<JobRow> {
  const job = await ctx.db.query.jobs.findFirst({ where: isVisibleJob(ref, [kind]) });
  if (!job) throw new AppError('job_not_found');
  if (!isTerminal(job.status)) throw new AppError('job_not_ended');
  return job;
}
