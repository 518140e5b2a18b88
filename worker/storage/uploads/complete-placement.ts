import { and, inArray, isNull } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { isStorageCode } from '../../contract/codes.ts';
import type { CompleteAnswer, CompleteRequest } from '../../contract/downloader/report.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { isPlacement } from '../../db/upload-keys.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { toFailure } from '../../to-failure.ts';
import { renewLease, requireStillLive, whileLive } from '../../attempts/fence.ts';
import { isConditional } from '../destinations/check-storage-choice.ts';
import type { CompletedUpload } from '../sites/upload-site.ts';
import { checkComplete, checkStops } from './check-parts.ts';
import { isUnlocked, lockEnd, releaseLock, whileLocked, type CompleteLock } from './complete-lock.ts';
import { giveUpUpload } from './give-up-upload.ts';
import { nameConflict } from './name-conflict.ts';
import { openSite } from './open-site.ts';
import { findUpload, isOpen, type Upload } from './placement-rows.ts';
import { recordStored, type EndOfJob } from './record-stored.ts';
import type { UploadAttempt } from './upload-rules.ts';

interface PlacementToComplete {
  live: UploadAttempt;
  placementId: string;
  /** What the attempt uploaded. */
  report: CompleteRequest;
  /** The upload, if the caller has read it. */
  upload?: Upload | undefined;
  /** The row of its destination, if the caller has read it. */
  destination?: DestinationRow | undefined;
  /** See `recordStored`. */
  endOf?: ((upload: Upload) => EndOfJob) | undefined;
  /** See `whileLocked`. */
  renewEveryMs?: number | undefined;
}

/**
 * Completes an upload: makes the object of its parts and records it as stored. `completing`: another call is doing so.
 * `next`: the upload was lost or the customer's bucket refused it, and the file goes to another placement. A repeated call
 * after success changes nothing.
 * AppError `not_found`, `invalid_request`, `digest_mismatch`, `source_too_large`, `max_*_exceeded`, `insufficient_balance`, `stale`, `cancel_requested`, `storage_*`.
 */
export async function completePlacement(ctx: Ctx, input: PlacementToComplete): Promise<CompleteAnswer> {
  const { report, renewEveryMs, live } = input;
  const upload = input.upload ?? (await findUpload(ctx, input));
  if (upload.placement.status === 'stored') return { outcome: 'stored' };
  if (upload.placement.isSecondary && upload.artifact.crc32 === null)
    throw new AppError('invalid_request', 'The primary upload must be completed first.');
  checkComplete(ctx.config, upload, report);
  checkStops(live.rules.stops?.(ctx.config, live.job) ?? {}, report);
  await live.rules.holdCost?.(ctx, live, report.sizeBytes);
  // The storage has made the object already, so nothing runs that another call could disturb.
  if (upload.placement.kind === 'single' && isOpen(upload.placement))
    return completeUpload(ctx, { ...input, upload });
  const lock = await beginCompleting(ctx, input);
  if (!lock) return whyNotBegun(ctx, input);
  const work = completeUpload(ctx, { ...input, upload });
  const answer = await whileLocked(ctx, { lock, work, renewEveryMs });
  if (answer.outcome !== 'stored') await releaseLock(ctx, lock);
  return answer;
}

/** The transition `open → completing`, or another try after one that was cut off. Null when another call has the lock. */
async function beginCompleting(
  ctx: Ctx,
  { live, placementId }: PlacementToComplete,
): Promise<CompleteLock | null> {
  const until = lockEnd(ctx);
  const placement = { jobId: live.job.id, attempt: live.attempt, id: placementId };
  const [moved] = await ctx.db.batch([
    ctx.db
      .update(placements)
      .set({ status: 'completing', completingUntil: until })
      .where(
        and(
          isPlacement(placement),
          inArray(placements.status, ['open', 'completing']),
          isNull(placements.errorCode),
          isUnlocked(ctx),
          whileLive(live),
        ),
      )
      .returning({ id: placements.id }),
    renewLease(ctx, live),
  ]);
  return moved.length > 0 ? { placement, until } : null;
}

/** Another call is completing the upload or has done so, the upload was given up, or the attempt has ended. */
async function whyNotBegun(ctx: Ctx, input: PlacementToComplete): Promise<CompleteAnswer> {
  const upload = await findUpload(ctx, input);
  const { status, errorCode, errorDetail, completingUntil } = upload.placement;
  if (status === 'stored') return { outcome: 'stored' };
  const isLocked = completingUntil !== null && completingUntil > ctx.now();
  if (errorCode !== null && !isLocked) {
    return next(ctx, { ...input, upload, error: new AppError(errorCode, errorDetail ?? undefined) });
  }
  await requireStillLive(ctx, input.live);
  return { outcome: 'completing' };
}

type LockedUpload = PlacementToComplete & { upload: Upload };

async function completeUpload(ctx: Ctx, input: LockedUpload): Promise<CompleteAnswer> {
  const { live, upload, report, endOf } = input;
  const made = await makeObject(ctx, input);
  if (made instanceof AppError) return next(ctx, { ...input, error: made });
  if (await recordStored(ctx, { live, upload, report, made, end: endOf?.(upload) }))
    return { outcome: 'stored' };
  return whyNotRecorded(ctx, input);
}

async function makeObject(
  ctx: Ctx,
  {
    live: { job },
    upload: { placement },
    report: { parts, sizeBytes, checksums },
    destination,
  }: LockedUpload,
): Promise<(CompletedUpload & { url: string | null }) | AppError> {
  const { id: placementId, key, uploadId, digest } = placement;
  try {
    const site = await openSite(ctx, placement, { slot: job.slot, row: destination });
    const ifNoneMatch = isConditional(job.request);
    const isRepeat = placement.status === 'completing';
    const finished = { parts, sizeBytes, crc32: checksums.crc32, digest, ifNoneMatch, isRepeat };
    const { etag } = await site.complete({ placementId, key, uploadId }, finished);
    return { etag, url: site.publicUrl(key) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code !== 'storage_object_exists') return error;
    return nameConflict(ctx, { job, place: { ...placement, placementId, detail: error.message } });
  }
}

/** The upload was given up while it was completed, or the attempt has ended. */
async function whyNotRecorded(ctx: Ctx, input: LockedUpload): Promise<CompleteAnswer> {
  const upload = await findUpload(ctx, input);
  const { status, errorCode, errorDetail } = upload.placement;
  if (status === 'stored') return { outcome: 'stored' };
  await requireStillLive(ctx, input.live);
  const error = new AppError(errorCode ?? 'storage_upload_lost', errorDetail ?? undefined);
  return next(ctx, { ...input, upload, error });
}

/** The next plan after an error of the storage. Throws the error when there is none, or it is not the storage's. */
async function next(
  ctx: Ctx,
  { live, upload, error }: { live: UploadAttempt; upload: Upload; error: AppError },
): Promise<CompleteAnswer> {
  if (!isStorageCode(error.code)) throw error;
  const plan = await giveUpUpload(ctx, { live, upload, failure: toFailure(error) });
  if (!plan) throw error;
  return { outcome: 'next', plan };
}
