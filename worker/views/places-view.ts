/** Turns the places of an import with several destinations into their public shape. */
import type { PlaceView } from '../contract/api/import-view.ts';
import { failure, toPublicFailure } from '../contract/failure.ts';
import type { Ctx } from '../context.ts';
import type { JobRow, PlaceDetails } from '../db/rows.ts';
import { urlForReaders } from '../storage/copies/object-url.ts';

/** The places in the order of the request, each with its location once it has the file. */
export function describePlaces(ctx: Ctx, job: JobRow, places: PlaceDetails[]): Promise<PlaceView[]> {
  return Promise.all(places.map((place) => describePlace(ctx, job, place)));
}

async function describePlace(ctx: Ctx, { request }: JobRow, place: PlaceDetails): Promise<PlaceView> {
  const { name, placement, transfer } = place;
  if (placement) {
    const location = request.storageReturnLocation === false ? {} : await locate(ctx, place);
    return { name, status: 'stored', ...location };
  }
  // It was deleted, or saved again under the same name, before it got the file.
  if (!transfer) return { name, status: 'failed', error: toPublicFailure(failure('storage_not_configured')) };
  const error = transfer.errorCode === null ? {} : { error: toPublicFailure(failure(transfer.errorCode)) };
  switch (transfer.status) {
    case 'waiting':
      return { name, status: 'waiting', ...error, nextTryAt: new Date(transfer.nextAt).toISOString() };
    case 'running':
      return { name, status: 'storing', ...error };
    case 'stored':
      return { name, status: 'stored' };
    case 'failed':
      return { name, status: 'failed', ...error };
  }
}

async function locate(ctx: Ctx, { destination, placement }: PlaceDetails) {
  if (!placement || placement.url === null) return {};
  const { bucket, key, url } = placement;
  const object = { bucket, key, url };
  return { url: destination ? await urlForReaders(ctx, { destination, object }) : url, bucket, key };
}
