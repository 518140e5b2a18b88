/** `POST /imports/{id}/store`: a finished import to a destination, without touching its source. */
import { and, eq } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { StorageChoice } from '../contract/api/import-request.ts';
import type { DestinationRow, JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { transfers } from '../db/tables/transfers.ts';
import { AppError } from '../errors.ts';
import { checkStorageChoice } from '../storage/destinations/check-storage-choice.ts';
import { findCopy } from '../storage/copies/find-copy.ts';
import { warnJob } from '../attempts/job-warnings.ts';
import { ring } from '../doorbell/ring.ts';
import { startAskedStore } from './start-store-job.ts';

/**
 * The store job. Asking again while it is alive gives the same one; AppError `store_in_progress` (naming the job) when
 * that one stores it otherwise, `job_not_found`, `import_not_completed`, `source_copy_gone`, or `invalid_request` for what
 * the destination does not take. `destination` belongs to the workspace; what `choice` leaves out is as the import was
 * asked for.
 */
export async function requestStore(
  ctx: Ctx,
  order: { workspaceId: string; importId: string; destination: DestinationRow; choice: StorageChoice },
): Promise<JobRow> {
  const importJob = await findImport(ctx, order);
  if (importJob.status !== 'completed') throw new AppError('import_not_completed');
  if (!(await findCopy(ctx, importJob.id))) throw new AppError('source_copy_gone');
  const request = requestOf(importJob, order);
  const warnings = checkStorageChoice(order.destination, request);
  const destinationId = order.destination.id;
  const job = await startAskedStore(ctx, { importJob, destinationId, request });
  if (!job) return aliveOrRefuse(ctx, importJob, destinationId, request);
  for (const warning of warnings) await warnJob(ctx, job.id, warning);
  await ring(ctx);
  return job;
}

async function findImport(
  ctx: Ctx,
  { workspaceId, importId }: { workspaceId: string; importId: string },
): Promise<JobRow> {
  const job = await ctx.db.query.jobs.findFirst({
    where: and(eq(jobs.id, importId), eq(jobs.workspaceId, workspaceId), eq(jobs.kind, 'import')),
  });
  if (!job) throw new AppError('job_not_found');
  return job;
}

/** Bucket and class belong to a destination: those of the import do not go with it to another. */
function requestOf(
  { request }: JobRow,
  { destination, choice }: { destination: DestinationRow; choice: StorageChoice },
): JobRow['request'] {
  const { storageBucket, storageClass, ...rest } = request;
  const wasThere = request.store === true && isCalled(destination, request.storageDestination);
  const place = wasThere
    ? {
        ...(storageBucket !== undefined && { storageBucket }),
        ...(storageClass !== undefined && { storageClass }),
      }
    : {};
  return { ...rest, ...place, ...choice, store: true, storageDestination: destination.name };
}

function isCalled({ name, isDefault }: DestinationRow, storageDestination: string | undefined): boolean {
  return storageDestination === undefined ? isDefault : storageDestination === name;
}

async function aliveOrRefuse(
  ctx: Ctx,
  importJob: JobRow,
  destinationId: string,
  request: JobRow['request'],
): Promise<JobRow> {
  const [alive] = await ctx.db
    .select({ job: jobs })
    .from(transfers)
    .innerJoin(jobs, eq(jobs.id, transfers.storeJobId))
    .where(and(eq(transfers.importId, importJob.id), eq(transfers.destinationId, destinationId)));
  if (!alive) throw new Error('the transfer that is in the way has no job');
  if (isSame(alive.job.request, request)) return alive.job;
  const { id: jobId } = alive.job;
  throw new AppError('store_in_progress', `Job ${jobId} is just storing the import in this destination.`);
}

function isSame(one: JobRow['request'], other: JobRow['request']): boolean {
  const names = Object.keys({ ...one, ...other }) as (keyof JobRow['request'])[];
  return names.every((name) => one[name] === other[name]);
}
