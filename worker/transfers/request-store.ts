/** Copies the file of a finished import to a destination when a client requests it. The source is not read again. */
import { and, eq } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { StorageChoice } from '../contract/api/import-request.ts';
import { madeJob, type Alongside } from '../db/alongside.ts';
import type { DestinationRow, JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { transfers } from '../db/tables/transfers.ts';
import { isVisibleJob } from '../db/visible-job.ts';
import { AppError } from '../errors.ts';
import { checkStorageChoice } from '../storage/destinations/check-storage-choice.ts';
import { findCopy } from '../storage/copies/find-copy.ts';
import { warnJob } from '../attempts/job-warnings.ts';
import { ring } from '../doorbell/ring.ts';
import { requestAt } from './queue-copies.ts';
import { startRequestedStore, type RequestedStore } from './start-store-job.ts';

/**
 * Starts a store job and returns it. While it runs, the same request returns the same job. Options that `choice` omits
 * are those of the import. The destination must belong to the workspace. AppError `store_in_progress` when a running job
 * stores the file there with other options, `job_not_found`, `import_not_completed`, `source_copy_gone`, or
 * `invalid_request` when the destination does not support an option.
 */
export async function requestStore(
  ctx: Ctx,
  order: {
    workspaceId: string;
    importId: string;
    destination: DestinationRow;
    choice: StorageChoice;
    alongside?: Alongside;
  },
): Promise<JobRow> {
  const importJob = await findImport(ctx, order);
  if (importJob.status !== 'completed') throw new AppError('import_not_completed');
  if (!(await findCopy(ctx, { importId: importJob.id, role: 'media' })))
    throw new AppError('source_copy_gone');
  const request = requestOf(importJob, order);
  const warnings = checkStorageChoice(order.destination, request);
  const destinationId = order.destination.id;
  const { alongside } = order;
  const job = await startRequestedStore(ctx, { importJob, destinationId, request, alongside });
  if (!job) return findRunning(ctx, { importJob, destinationId, request, alongside });
  for (const warning of warnings) await warnJob(ctx, { jobId: job.id, warning });
  await ring(ctx);
  return job;
}

async function findImport(
  ctx: Ctx,
  { workspaceId, importId }: { workspaceId: string; importId: string },
): Promise<JobRow> {
  const job = await ctx.db.query.jobs.findFirst({
    where: and(isVisibleJob({ workspaceId, jobId: importId }), eq(jobs.kind, 'import')),
  });
  if (!job) throw new AppError('job_not_found');
  return job;
}

/** A bucket and a storage class belong to one destination: those of the import do not apply to another one. */
function requestOf(
  { request }: JobRow,
  { destination, choice }: { destination: DestinationRow; choice: StorageChoice },
): JobRow['request'] {
  const { storageBucket, storageClass, ...rest } = request;
  const isSameDestination = request.store === true && isCalled(destination, request.storageDestination);
  const place = isSameDestination
    ? {
        ...(storageBucket !== undefined && { storageBucket }),
        ...(storageClass !== undefined && { storageClass }),
      }
    : {};
  return requestAt({ ...rest, ...place, ...choice }, destination.name);
}

function isCalled({ name, isDefault }: DestinationRow, storageDestination: string | undefined): boolean {
  return storageDestination === undefined ? isDefault : storageDestination === name;
}

/** The running job for the same request; AppError `store_in_progress` when its request differs. */
async function findRunning(ctx: Ctx, order: RequestedStore): Promise<JobRow> {
  const { importJob, destinationId, request, alongside } = order;
  const [running] = await ctx.db
    .select({ job: jobs })
    .from(transfers)
    .innerJoin(jobs, eq(jobs.id, transfers.storeJobId))
    .where(and(eq(transfers.importId, importJob.id), eq(transfers.destinationId, destinationId)));
  // The import was deleted meanwhile.
  if (!running) throw new AppError('job_not_found');
  if (isSame(running.job.request, request)) {
    const [first, ...rest] = (await alongside?.(madeJob(running.job))) ?? [];
    if (first) await ctx.db.batch([first, ...rest]);
    return running.job;
  }
  const { id: jobId } = running.job;
  throw new AppError('store_in_progress', `Job ${jobId} already stores this import in the destination.`);
}

function isSame(one: JobRow['request'], other: JobRow['request']): boolean {
  const names = Object.keys({ ...one, ...other }) as (keyof JobRow['request'])[];
  // Some members are lists.
  return names.every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]));
}
