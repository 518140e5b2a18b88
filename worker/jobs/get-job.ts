import { and, desc, eq, isNotNull } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { SiteTrouble } from '../contract/site-counts.ts';
import type { JobDetails, JobRow, PlacementRow } from '../db/rows.ts';
import { artifacts, placements } from '../db/tables/artifacts.ts';
import { jobs } from '../db/tables/jobs.ts';
import { isVisibleJob } from '../db/visible-job.ts';
import { AppError } from '../errors.ts';
import { readPlaces } from '../transfers/read-places.ts';
import { findSilence } from './find-silence.ts';
import { noteReader } from './note-reader.ts';
import { tellsOfSite } from './sites/count-result.ts';
import { findSiteTrouble } from './sites/read-sites.ts';

/** A job of the workspace, with its result. AppError `job_not_found`, also when the job belongs to another workspace. */
export async function getJob(
  ctx: Ctx,
  { workspaceId, jobId }: { workspaceId: string; jobId: string },
): Promise<JobDetails> {
  const job = await ctx.db.query.jobs.findFirst({
    where: isVisibleJob({ workspaceId, jobId }),
  });
  if (!job) throw new AppError('job_not_found');
  return readDetails(ctx, job);
}

/** The job, with its result if it is completed. */
export async function readDetails(ctx: Ctx, job: JobRow): Promise<JobDetails> {
  noteReader(ctx, job);
  if (job.status !== 'completed') return readUnfinished(ctx, job);
  const rows = await ctx.db
    .select({ artifact: artifacts, placement: placements })
    .from(artifacts)
    .innerJoin(placements, eq(placements.artifactId, artifacts.id))
    .where(and(eq(artifacts.jobId, job.id), eq(artifacts.attempt, job.attempt), eq(artifacts.role, 'media')));
  const places = rows.map(({ placement }) => placement);
  const isMain = ({ status, isSecondary }: PlacementRow) =>
    !isSecondary && (status === 'stored' || status === 'expired');
  const own = places.find(isMain) ?? null;
  const several = await readPlaces(ctx, job);
  const later = several ? several[0]?.placement : await findLater(ctx, job, own);
  return {
    job,
    artifact: rows[0]?.artifact ?? null,
    placement: later ?? own,
    failedPlacement: places.find(isRefusedByDestination) ?? null,
    places: several,
    noDownloaderSince: null,
  };
}

async function readUnfinished(ctx: Ctx, job: JobRow): Promise<JobDetails> {
  const noDownloaderSince = job.status === 'queued' ? await findSilence(ctx, { pages: job.isPage }) : null;
  const nothing = { artifact: null, placement: null, failedPlacement: null, places: null };
  return { job, ...nothing, noDownloaderSince, siteTrouble: await findTrouble(ctx, job) };
}

/** A file in service storage may have been stored elsewhere since. */
async function findLater(
  ctx: Ctx,
  { id }: JobRow,
  own: PlacementRow | null,
): Promise<PlacementRow | undefined> {
  return own?.destinationId === null ? findStoredLater(ctx, id) : undefined;
}

/** Whether the site of a failed import does not work for others either. */
async function findTrouble(ctx: Ctx, job: JobRow): Promise<SiteTrouble | null> {
  const { status, kind, workspaceId, sourceHost: host, errorCode } = job;
  if (status !== 'failed' || kind !== 'import' || host === null) return null;
  return errorCode !== null && tellsOfSite(errorCode) ? findSiteTrouble(ctx, { workspaceId, host }) : null;
}

/** Where the latest store job of the import put the file. */
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

/** Independent of the status: the leftovers of the upload may not be removed yet. */
function isRefusedByDestination(row: PlacementRow): boolean {
  return row.destinationId !== null && row.errorCode !== null;
}
