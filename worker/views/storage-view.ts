import type { Ctx } from '../context.ts';
import { failure, toPublicFailure, type PublicFailure } from '../contract/failure.ts';
import type { PlaceView } from '../contract/api/import-view.ts';
import type { ArtifactRow, DestinationRow, JobRow, PlaceDetails, PlacementRow } from '../db/rows.ts';
import { ownValue } from '../own-value.ts';
import { signMediaLink } from '../storage/copies/media-link.ts';
import { urlForReaders } from '../storage/copies/object-url.ts';
import { describePlaces } from './places-view.ts';

/** Where the file of an import is: `mediaUrl` and `s3Storage` as in Importly, and `storage` with more details. */
export interface StorageDescription {
  /** Null after retention has deleted the file. */
  mediaUrl: string | null;
  /** Set only when the file is in the customer's bucket, of several in the first one, and `storageReturnLocation` is not false. */
  s3Storage?: { url: string; bucket: string; key: string };
  storage: {
    status: 'stored' | 'fallback' | 'service';
    /** Why the file is in service storage: `storage_not_configured` when a request has `store` and there are no settings. */
    reason?: string;
    bucket?: string;
    key?: string;
    /** When service storage deletes the file, in ISO 8601. */
    expiresAt?: string;
    /** Why the file is not in the customer's bucket. */
    error?: PublicFailure;
    /** All destinations of a request that names several. */
    destinations?: PlaceView[];
    /** The public access to the bucket, once it was checked. */
    publiclyReadable?: boolean;
    cors?: boolean;
  };
}

/** Describes where the file of a completed job is, with newly signed links. */
export async function describeStorage(
  ctx: Ctx,
  {
    job,
    placement,
    destination,
    failedPlacement,
    places,
  }: {
    job: JobRow;
    artifact: ArtifactRow | null;
    placement: PlacementRow | null;
    destination: DestinationRow | null;
    failedPlacement: PlacementRow | null;
    places?: PlaceDetails[] | null;
  },
): Promise<StorageDescription> {
  if (!placement) throw new Error(`job ${job.id} has no placement to describe`);
  const placed = { job, placement, destination };
  if (!places) return describePlacement(ctx, { ...placed, why: whyInService(job, failedPlacement) });
  const destinations = await describePlaces(ctx, job, places);
  const why = whyNotInFirst(destinations[0]);
  const described = await describePlacement(ctx, { ...placed, why });
  const isInFirst = placement.id === places[0]?.placement?.id;
  if (isInFirst || placement.destinationId === null)
    return { ...described, storage: { ...described.storage, destinations } };
  // Another destination has the file: its own entry says where.
  return { mediaUrl: described.mediaUrl, storage: { ...why, destinations } };
}

interface DescribedPlacement {
  job: JobRow;
  placement: PlacementRow;
  destination: DestinationRow | null;
  why: StorageDescription['storage'];
}

async function describePlacement(
  ctx: Ctx,
  { job, placement, destination, why }: DescribedPlacement,
): Promise<StorageDescription> {
  if (placement.destinationId !== null) return describeStored(ctx, job, { placement, destination });
  const isKept =
    placement.status === 'stored' && (placement.expiresAt ?? Number.POSITIVE_INFINITY) > ctx.now();
  const mediaUrl = isKept
    ? await signMediaLink(ctx, { key: placement.key, objectExpiresAt: placement.expiresAt })
    : null;
  const expires =
    placement.expiresAt === null ? {} : { expiresAt: new Date(placement.expiresAt).toISOString() };
  return { mediaUrl, storage: { ...why, ...expires } };
}

/** The location is where the file was stored. The link follows the current settings. */
async function describeStored(
  ctx: Ctx,
  { id, request }: JobRow,
  { placement, destination }: { placement: PlacementRow; destination: DestinationRow | null },
): Promise<StorageDescription> {
  const { bucket, key } = placement;
  if (placement.url === null) throw new Error(`job ${id} is stored at no URL`);
  const object = { bucket, key, url: placement.url };
  const url = destination ? await urlForReaders(ctx, { destination, object }) : placement.url;
  const { publiclyReadable, cors } = ownValue(destination?.learned?.visitors, bucket) ?? {};
  const found = publiclyReadable === undefined ? {} : { publiclyReadable, cors: cors === true };
  if (request.storageReturnLocation === false)
    return { mediaUrl: url, storage: { status: 'stored', ...found } };
  return {
    mediaUrl: url,
    s3Storage: { url, bucket, key },
    storage: { status: 'stored', bucket, key, ...found },
  };
}

/** Why the first of several destinations does not have the file. */
function whyNotInFirst(first: PlaceView | undefined): StorageDescription['storage'] {
  if (first?.error) return { status: 'fallback', error: first.error };
  // The copies for the other destinations cannot be read from the first one, so the file went to service storage before.
  return { status: 'service', reason: 'destination_not_readable' };
}

function whyInService(job: JobRow, failed: PlacementRow | null): StorageDescription['storage'] {
  if (failed?.errorCode) {
    const error = toPublicFailure(failure(failed.errorCode, failed.errorDetail ?? undefined));
    return { status: 'fallback', error };
  }
  return job.request.store ? { status: 'service', reason: 'storage_not_configured' } : { status: 'service' };
}
