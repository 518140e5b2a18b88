/** One upload failed for good: its error is kept, what it left is removed, and the next one is begun if there is a place for it. */
import { and, eq, inArray } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { isStorageCode, type Code } from '../../contract/codes.ts';
import type { Failure } from '../../contract/failure.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { PlacementRow } from '../../db/rows.ts';
import { mayFallBack, type UploadAttempt } from './upload-rules.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { AppError } from '../../errors.ts';
import { MAX_CONFLICTS } from './choose-key.ts';
import { findDestination } from '../destinations/destinations.ts';
import { discardUpload } from './discard-upload.ts';
import { refuseDeadAttempt, whileLive } from '../../attempts/fence.ts';
import { findCurrent, listPlacements, toUploadPlan, type Upload } from './placement-rows.ts';
import { requireServiceAllowed } from '../destinations/keep-out-of-service.ts';
import { startAtDestination, startInService } from './start-upload.ts';

/** Uploads of one file to one place within one attempt: an upload that got lost is tried once more. */
const MAX_UPLOADS = 2;

/** Failures after which the same place may take the file in a new upload. */
const WORTH_REPEATING: readonly Code[] = ['storage_upload_lost', 'storage_digest_mismatch'];

/** Refusals of a single PUT that the beginning of a multipart upload can correct, or explain better. */
const CORRECTED_BY_BEGINNING: readonly Code[] = [
  'storage_region_mismatch',
  'storage_rejected',
  'storage_access_denied',
];

/**
 * The plan to go on with: the same place again for an upload that got lost, service storage after any other failure of
 * a customer's, through the Worker where its S3 API failed; null when the failure is not the storage's, or service
 * storage itself failed. Safe to repeat.
 */
export async function giveUpUpload(
  ctx: Ctx,
  live: UploadAttempt,
  upload: Upload,
  failure: Failure,
): Promise<UploadPlan | null> {
  const marked = await markFailed(ctx, live, upload, failure);
  if (!marked) return planInstead(ctx, live, upload);
  ctx.log.info('storage.upload_given_up', {
    jobId: live.job.id,
    attempt: live.attempt,
    code: failure.code,
    placementId: upload.placement.id,
  });
  const plan = isStorageCode(failure.code) ? await startNext(ctx, live, upload, failure) : null;
  await discardUpload(ctx, marked);
  return plan;
}

/** Under the fence; null when the upload is not under way, or was given up before. */
async function markFailed(ctx: Ctx, live: UploadAttempt, { placement }: Upload, { code, detail }: Failure) {
  const [row] = await ctx.db
    .update(placements)
    .set({ errorCode: code, errorDetail: detail ?? null })
    .where(
      and(
        eq(placements.id, placement.id),
        inArray(placements.status, ['open', 'completing']),
        whileLive(live),
      ),
    )
    .returning();
  return row;
}

/** What a repeated call is answered: the plan that the first one led to. An upload that is done is given up by nobody. */
async function planInstead(ctx: Ctx, live: UploadAttempt, { artifact, placement }: Upload) {
  const current = await findCurrent(ctx, artifact.id);
  if (current?.status === 'stored') throw new AppError('invalid_request', 'This file is stored already.');
  // The guard did not hold for an upload that still counts: so the attempt is over.
  if (current?.id === placement.id) return refuseDeadAttempt(ctx, live);
  return current ? toUploadPlan(current) : null;
}

async function startNext(
  ctx: Ctx,
  live: UploadAttempt,
  { artifact, placement }: Upload,
  failure: Failure,
): Promise<UploadPlan | null> {
  const { destinationId } = placement;
  const uploads = await listPlacements(ctx, artifact.id);
  const here = uploads.filter((row) => row.destinationId === destinationId).length;
  // The next one passes through the Worker, which needs neither those keys nor that endpoint.
  const isOtherWayLeft = placement.via === 'direct';
  if (isOtherWayLeft) ctx.log.error('storage.direct_failed', { jobId: live.job.id, code: failure.code });
  const isCorrectable = placement.kind === 'single' && CORRECTED_BY_BEGINNING.includes(failure.code);
  const again =
    (here < MAX_UPLOADS && (isCorrectable || isOtherWayLeft || WORTH_REPEATING.includes(failure.code))) ||
    mayRename(live, failure, uploads);
  if (destinationId === null) return again ? startInService(ctx, live, artifact) : null;
  const destination = await findDestination(ctx, destinationId);
  if (!again && !mayFallBack(live, destination, failure.code)) return null;
  if (!destination) await requireServiceAllowed(ctx, live.job);
  return again && destination
    ? startAtDestination(ctx, live, artifact, destination, { mayBeSingle: !isCorrectable })
    : startInService(ctx, live, artifact);
}

/** Whether another name is left to try. The last has the job's id in it; an object under that one is there to stay. */
function mayRename({ job }: UploadAttempt, { code }: Failure, uploads: PlacementRow[]): boolean {
  if (code !== 'storage_object_exists' || job.request.storageConflict !== 'rename') return false;
  return uploads.filter(({ errorCode }) => errorCode === code).length <= MAX_CONFLICTS;
}
