import type { Ctx } from '../../context.ts';
import { runBound } from '../../db/prepared.ts';
import type { JobDetails, JobRow, PlacementRow } from '../../db/rows.ts';
import { isShownImport } from '../../db/visible-job.ts';
import { AppError } from '../../errors.ts';
import { toPlaces } from '../../transfers/to-places.ts';
import { silenceOf } from '../find-silence.ts';
import { noteReader } from './note-reader.ts';
import { troubleOf } from '../sites/site-trouble.ts';
import { selectJob, type Copy, type JobAndDetails } from './select-job.ts';

/**
 * A job of the workspace, with its result, in one call of D1; in none when `known` is what D1 answered to `selectJob`. AppError
 * `job_not_found`, also when the job belongs to another workspace.
 */
export async function getJob(
  ctx: Ctx,
  { workspaceId, jobId }: { workspaceId: string; jobId: string },
  known?: JobAndDetails[],
): Promise<JobDetails> {
  const [found] = known ?? (await readJob(ctx, jobId));
  if (!found || !isShownImport(found.job, workspaceId)) throw new AppError('job_not_found');
  noteReader(ctx, found.job);
  return toDetails(ctx, found);
}

/** The job as it is now with its result, in one call of D1. */
export async function readDetails(ctx: Ctx, job: JobRow): Promise<JobDetails> {
  noteReader(ctx, job);
  const [found] = await readJob(ctx, job.id);
  if (!found) throw new Error(`job ${job.id} has no row`);
  return toDetails(ctx, found);
}

async function readJob(ctx: Ctx, jobId: string): Promise<JobAndDetails[]> {
  return (await runBound(ctx.db, [selectJob(ctx, jobId)]))[0];
}

function toDetails(ctx: Ctx, found: JobAndDetails): JobDetails {
  const { job, media, copies, destinations } = found;
  const noDownloaderSince = silenceOf(ctx, found.silence, { pages: job.isPage });
  if (job.status !== 'completed') {
    const nothing = {
      artifact: null,
      placement: null,
      destination: null,
      failedPlacement: null,
      places: null,
    };
    return { job, ...nothing, noDownloaderSince, siteTrouble: troubleOf(found) };
  }
  const own = copies.map((copy) => copy.placement).filter(({ jobId }) => jobId === job.id);
  const main = own.find(isMain) ?? null;
  const places = toPlaces(job, {
    ...found,
    copies: copies.filter((copy) => isInDestination(copy.placement)),
  });
  const placement = (places ? places[0]?.placement : findLater(job, main, copies)) ?? main;
  return {
    job,
    artifact: media[0] ?? null,
    placement,
    destination: destinations.find(({ id }) => id === placement?.destinationId) ?? null,
    failedPlacement: own.find(isRefusedByDestination) ?? null,
    places,
    noDownloaderSince,
  };
}

function isMain({ status, isSecondary }: PlacementRow): boolean {
  return !isSecondary && (status === 'stored' || status === 'expired');
}

function isInDestination({ status, destinationId }: PlacementRow): boolean {
  return status === 'stored' && destinationId !== null;
}

/** Where the latest store job put a file that is in service storage. */
function findLater({ id }: JobRow, main: PlacementRow | null, copies: Copy[]): PlacementRow | undefined {
  if (main?.destinationId !== null) return undefined;
  const later = copies.filter(({ placement }) => placement.jobId !== id && isInDestination(placement));
  return later.toSorted((a, b) => b.jobFinishedAt - a.jobFinishedAt)[0]?.placement;
}

/** Independent of the status: the leftovers of the upload may not be removed yet. */
function isRefusedByDestination(row: PlacementRow): boolean {
  return row.destinationId !== null && row.errorCode !== null;
}
