/** Gives up an upload that failed: keeps its error, starts the next upload if there is one, and removes what is left. */
import { and, inArray } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { isStorageCode, type Code } from '../../contract/codes.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { Failure } from '../../contract/failure.ts';
import type { DestinationRow, PlacementRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { isPlacement } from '../../db/upload-keys.ts';
import { AppError } from '../../errors.ts';
import { refuseDeadAttempt, requireStillLive, whileLive } from '../../attempts/fence.ts';
import { findDestination } from '../destinations/destinations.ts';
import { recordFacts } from '../destinations/learned-facts.ts';
import { MAX_CONFLICTS } from './choose-key.ts';
import { giveUpSecondary } from './give-up-secondary.ts';
import { discardUpload } from './leftovers/discard-upload.ts';
import { logRefusal } from './log-refusal.ts';
import { currentOf, listPlacements, toUploadPlan, type Upload } from './placement-rows.ts';
import { placeAfter } from './place-after.ts';
import { startAtDestination, startAtPlace, startInService, type Avoided } from './start-upload.ts';
import type { UploadAttempt } from './upload-rules.ts';

/** Uploads of one file to one storage in an attempt: a lost upload is repeated once. */
const MAX_UPLOADS = 2;

/** Failures after which a new upload to the same storage may succeed. */
const WORTH_REPEATING: readonly Code[] = ['storage_upload_lost', 'storage_digest_mismatch'];

/** Refusals of a single PUT that a multipart upload can correct or explain. */
const CORRECTED_BY_MULTIPART: readonly Code[] = [
  'storage_region_mismatch',
  'storage_rejected',
  'storage_access_denied',
];

/** Refusals of a part that may be about its trailer, at a storage that has verified trailers before. */
const MAY_MEAN_TRAILER: readonly Code[] = [
  'storage_rejected',
  'storage_digest_mismatch',
  'storage_credentials_invalid',
];

interface FailedUpload {
  live: UploadAttempt;
  upload: Upload;
  failure: Failure;
}

/**
 * Returns the plan of the next upload: to the same storage after a lost upload, elsewhere (`placeAfter`) after any other
 * failure of the customer's bucket, and through the Worker after a failed direct upload. Null when the storage is not to
 * blame, service storage itself failed, or the upload is a secondary one. Safe to repeat. AppError `stale`, `cancel_requested`.
 */
export async function giveUpUpload(ctx: Ctx, failed: FailedUpload): Promise<UploadPlan | null> {
  const { failure } = failed;
  if (failed.upload.placement.isSecondary) return leaveToCopy(ctx, failed);
  const marked = await markFailed(ctx, failed);
  if (!marked) return planInstead(ctx, failed);
  const plan = isStorageCode(failure.code) ? await startNext(ctx, failed) : null;
  await discardUpload(ctx, marked);
  return plan;
}

/** The destination of a secondary upload gets a copy after the import. */
async function leaveToCopy(ctx: Ctx, { live, upload: { placement }, failure }: FailedUpload): Promise<null> {
  await requireStillLive(ctx, live);
  await giveUpSecondary(ctx, placement, failure);
  const destination = await findDestination(ctx, placement.destinationId ?? '');
  logRefusal(ctx, { live, failure, placement, destination, next: 'copy' });
  return null;
}

/** Undefined when the attempt has ended, or the upload is not in progress. */
async function markFailed(
  ctx: Ctx,
  { live, upload: { placement }, failure: { code, detail } }: FailedUpload,
): Promise<PlacementRow | undefined> {
  const [row] = await ctx.db
    .update(placements)
    .set({ errorCode: code, errorDetail: detail ?? null })
    .where(and(isPlacement(placement), inArray(placements.status, ['open', 'completing']), whileLive(live)))
    .returning();
  return row;
}

/** The answer to a repeated call: the plan that the first call returned. A stored upload cannot be given up. */
async function planInstead(
  ctx: Ctx,
  { live, upload: { artifact, placement } }: FailedUpload,
): Promise<UploadPlan | null> {
  const current = currentOf(await listPlacements(ctx, artifact));
  if (current?.status === 'stored') throw new AppError('invalid_request', 'This file is already stored.');
  // The upload is still in progress, so it is the attempt that has ended.
  if (current?.id === placement.id) return refuseDeadAttempt(ctx, live);
  return current ? toUploadPlan(current) : null;
}

/** Logs the refusal, also when no other upload can start. */
async function startNext(ctx: Ctx, failed: FailedUpload): Promise<UploadPlan | null> {
  const { live, failure } = failed;
  const { placement } = failed.upload;
  const { destinationId } = placement;
  const destination = destinationId === null ? undefined : await findDestination(ctx, destinationId);
  let plan: UploadPlan | null = null;
  try {
    plan = await choosePlanAfter(ctx, failed, destination);
  } finally {
    logRefusal(ctx, { live, failure, placement, destination, next: plan?.storage ?? null });
  }
  return plan;
}

async function choosePlanAfter(
  ctx: Ctx,
  { live, upload, failure }: FailedUpload,
  destination: DestinationRow | undefined,
): Promise<UploadPlan | null> {
  const { artifact, placement } = upload;
  const { destinationId } = placement;
  const earlier = await listPlacements(ctx, artifact);
  const here = earlier.filter((row) => row.destinationId === destinationId).length;
  // The next one passes through the Worker and needs neither the R2 keys nor their endpoint.
  const isRelayLeft = placement.via === 'direct';
  const without = avoidedAfter(placement, failure);
  const again =
    (here < MAX_UPLOADS && (without || isRelayLeft || WORTH_REPEATING.includes(failure.code))) ||
    mayRename(live, failure, earlier);
  const file = { live, artifact, earlier };
  if (destinationId === null) return again ? startInService(ctx, file) : null;
  if (again && destination) return startAgain(ctx, { ...file, destination, ...(without && { without }) });
  const tried = earlier.map((row) => row.destinationId);
  const place = await placeAfter(ctx, { live, destination, code: failure.code, tried });
  return place === undefined ? null : startAtPlace(ctx, place, file);
}

function avoidedAfter({ kind, digest }: PlacementRow, { code }: Failure): Avoided | null {
  if (kind === 'single') return CORRECTED_BY_MULTIPART.includes(code) ? 'singlePut' : null;
  return digest === 'crc32-trailer' && MAY_MEAN_TRAILER.includes(code) ? 'trailers' : null;
}

/** A storage that takes a new upload is reachable with these credentials, so it was the trailer that it refused. */
async function startAgain(
  ctx: Ctx,
  file: Parameters<typeof startAtDestination>[1] & { destination: DestinationRow },
): Promise<UploadPlan> {
  const plan = await startAtDestination(ctx, file);
  if (file.without === 'trailers' && plan.storage === 'destination')
    await recordFacts(ctx, file.destination, { checksTrailers: false });
  return plan;
}

/** Whether another name is left to try. The last one contains the id of the job; a conflict on that one is final. */
function mayRename({ job }: UploadAttempt, { code }: Failure, uploads: PlacementRow[]): boolean {
  if (code !== 'storage_object_exists' || job.request.storageConflict !== 'rename') return false;
  return uploads.filter(({ errorCode }) => errorCode === code).length <= MAX_CONFLICTS;
}
