import { and, eq } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { ArtifactRow, JobRow, PlacementRow } from '../db/rows.ts';
import { artifacts, jobs, placements } from '../db/schema.ts';
import { AppError } from '../errors.ts';

/** A job with what its last attempt brought. `failedPlacement` is the upload to the customer's bucket that was given up: it explains a fallback. */
export interface JobDetails {
  job: JobRow;
  artifact: ArtifactRow | null;
  placement: PlacementRow | null;
  failedPlacement: PlacementRow | null;
}

/** Reads a job of the workspace; AppError `job_not_found`, also for those of others. */
export async function getJob(
  ctx: Ctx,
  { workspaceId, jobId }: { workspaceId: string; jobId: string },
): Promise<JobDetails> {
  const job = await ctx.db.query.jobs.findFirst({
    where: and(eq(jobs.id, jobId), eq(jobs.workspaceId, workspaceId)),
  });
  if (!job) throw new AppError('job_not_found');
  return { job, ...(await readResult(ctx, job)) };
}

async function readResult(ctx: Ctx, job: JobRow): Promise<Omit<JobDetails, 'job'>> {
  if (job.attempt === 0) return { artifact: null, placement: null, failedPlacement: null };
  const [files, places] = await ctx.db.batch([
    ctx.db.query.artifacts.findMany({
      where: and(
        eq(artifacts.jobId, job.id),
        eq(artifacts.attempt, job.attempt),
        eq(artifacts.role, 'media'),
      ),
    }),
    ctx.db.query.placements.findMany({
      where: and(eq(placements.jobId, job.id), eq(placements.attempt, job.attempt)),
    }),
  ]);
  return {
    artifact: files[0] ?? null,
    placement: places.find(({ status }) => status === 'stored' || status === 'expired') ?? null,
    failedPlacement: places.find(isRefusedByDestination) ?? null,
  };
}

function isRefusedByDestination(row: PlacementRow): boolean {
  return row.status === 'aborted' && row.destinationId !== null && row.errorCode !== null;
}
