import { and, desc, eq, isNotNull } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { JobDetails, JobRow, PlacementRow } from '../db/rows.ts';
import { artifacts, placements } from '../db/tables/artifacts.ts';
import { jobs } from '../db/tables/jobs.ts';
import { AppError } from '../errors.ts';

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
  const own = places.find(({ status }) => status === 'stored' || status === 'expired') ?? null;
  const later = own?.destinationId === null ? await findStoredLater(ctx, job.id) : undefined;
  return {
    artifact: files[0] ?? null,
    placement: later ?? own,
    failedPlacement: places.find(isRefusedByDestination) ?? null,
  };
}

/** Where the last store job of the import has brought its file. */
async function findStoredLater(ctx: Ctx, importId: string): Promise<PlacementRow | undefined> {
  const [row] = await ctx.db
    .select({ placement: placements })
    .from(jobs)
    .innerJoin(placements, and(eq(placements.jobId, jobs.id), eq(placements.attempt, jobs.attempt)))
    .where(
      and(
        eq(jobs.storeOf, importId),
        eq(jobs.status, 'completed'),
        eq(placements.status, 'stored'),
        isNotNull(placements.destinationId),
      ),
    )
    .orderBy(desc(jobs.finishedAt))
    .limit(1);
  return row?.placement;
}

/** Also while what the upload has left in an unreachable bucket is not removed yet. */
function isRefusedByDestination(row: PlacementRow): boolean {
  return row.destinationId !== null && row.errorCode !== null;
}
