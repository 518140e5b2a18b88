import { eq } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { StorageChoice } from '../../contract/api/import-request.ts';
import type { DestinationRow, JobRow } from '../../db/rows.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { transfers } from '../../db/tables/transfers.ts';
import { AppError } from '../../errors.ts';
import { unknownDestination } from './check-storage-choice.ts';
import { findReferred } from './destinations.ts';
import { requireServiceAllowed } from './keep-out-of-service.ts';

/**
 * Where the file of a job shall go; undefined for service storage, also when the settings are gone. AppError
 * `storage_not_configured` when they are, and they kept files out of service storage, or it is a store job.
 */
export async function chooseDestination(ctx: Ctx, job: JobRow): Promise<DestinationRow | undefined> {
  if (job.kind === 'store') return findDestinationOfStore(ctx, job.id);
  const { store, storageDestination: name } = job.request;
  if (store !== true) return undefined;
  const destination = await findReferred(ctx, { workspaceId: job.workspaceId, name });
  if (!destination) await requireServiceAllowed(ctx, job);
  return destination;
}

/** The destination that a request means; AppError `storage_not_configured`, or `invalid_request` with the names there are. */
export async function requireDestination(
  ctx: Ctx,
  workspaceId: string,
  { storageDestination: name }: Pick<StorageChoice, 'storageDestination'>,
): Promise<DestinationRow> {
  const row = await findReferred(ctx, { workspaceId, name });
  if (row) return row;
  throw name === undefined
    ? new AppError('storage_not_configured')
    : await unknownDestination(ctx, workspaceId, name);
}

/** By its id: it may have been renamed, or another may be the default now. */
async function findDestinationOfStore(ctx: Ctx, storeJobId: string): Promise<DestinationRow> {
  const [row] = await ctx.db
    .select({ destination: destinations })
    .from(transfers)
    .innerJoin(destinations, eq(destinations.id, transfers.destinationId))
    .where(eq(transfers.storeJobId, storeJobId));
  if (!row) throw new AppError('storage_not_configured');
  return row.destination;
}
