import type { Ctx } from '../../context.ts';
import type { StorageChoice } from '../../contract/api/import-request.ts';
import type { DestinationRow, JobRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { unknownDestination } from './check-storage-choice.ts';
import { findReferred } from './destinations.ts';
import { requireServiceAllowed } from './keep-out-of-service.ts';
import { firstPlace, listRequested } from './several-destinations.ts';

/**
 * The destination that the job's request names, of several the one that gets the first upload; undefined for service
 * storage, also when the destination was deleted. AppError `storage_not_configured` when the deleted destination kept files
 * out of service storage.
 */
export async function findRequestedDestination(
  ctx: Ctx,
  job: JobRow,
  find = findReferred,
): Promise<DestinationRow | undefined> {
  const { store, storageDestination: name } = job.request;
  if (store !== true) return undefined;
  const place = firstPlace(await listRequested(ctx, job));
  if (place !== undefined) return place === 'service' ? undefined : place;
  const destination = await find(ctx, { workspaceId: job.workspaceId, name });
  if (!destination) await requireServiceAllowed(ctx, job);
  return destination;
}

/** The destination of a request. AppError `storage_not_configured`, or `invalid_request` with the existing names. */
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
