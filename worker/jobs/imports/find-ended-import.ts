import { and, eq } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { isTerminal } from '../../contract/job.ts';
import type { JobRow } from '../../db/rows.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { isVisibleJob } from '../../db/visible-job.ts';
import { AppError } from '../../errors.ts';

/** An import of the workspace that has ended. AppError `job_not_found`, also for a store job, or `job_not_ended`. */
export async function findEndedImport(
  ctx: Ctx,
  ref: { workspaceId: string; jobId: string },
): Promise<JobRow> {
  const job = await ctx.db.query.jobs.findFirst({ where: and(isVisibleJob(ref), eq(jobs.kind, 'import')) });
  if (!job) throw new AppError('job_not_found');
  if (!isTerminal(job.status)) throw new AppError('job_not_ended');
  return job;
}
