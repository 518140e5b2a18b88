import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { isStorageCode } from '../../contract/codes.ts';
import type { CompleteAnswer, CompleteRequest } from '../../contract/downloader/report.ts';
import type { UploadAttempt } from './upload-rules.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { AppError } from '../../errors.ts';
import { checkComplete } from './check-parts.ts';
import { isConditional } from '../destinations/check-storage-choice.ts';
import { renewLease, requireStillLive, whileLive } from '../../attempts/fence.ts';
import { isUnlocked, lockEnd, releaseLock, whileLocked, type CompleteLock } from './complete-lock.ts';
import { discardUpload } from './discard-upload.ts';
import { giveUpUpload } from './give-up-upload.ts';
import { findUpload, listPlacements, type Upload } from './placement-rows.ts';
import { nameConflict } from './name-conflict.ts';
import { toFailure } from '../../to-failure.ts';
import type { CompletedUpload } from '../sites/upload-site.ts';
import { openSite } from './open-site.ts';

const DAY_MS = 24 * 3600_000;

/**
 * Completes an upload: makes the object of its parts and records it as stored. `completing`: another call does so right
 * now. `next`: the upload was lost or the customer's bucket refused it, and the bytes go to another placement. A repeated
 * call changes nothing.
 * AppError `not_found`, `invalid_request`, `digest_mismatch`, `source_too_large`, `stale`, `cancel_requested`, `storage_*`.
 */
export async function completePlacement(
  ctx: Ctx,
  live: UploadAttempt,
  placementId: string,
  body: CompleteRequest,
  renewEveryMs?: number,
): Promise<CompleteAnswer> {
  const upload = await findUpload(ctx, live, placementId);
  if (upload.placement.status === 'stored') return { outcome: 'stored' };
  checkComplete(ctx.config, upload, body);
  const lock = await beginCompleting(ctx, live, placementId);
  if (!lock) return whyNotOpen(ctx, live, placementId);
  try {
    const work = makeObject(ctx, live, upload, body);
    const made = await whileLocked(ctx, { lock, work, ...(renewEveryMs && { renewEveryMs }) });
    if (made instanceof AppError) return await goOn(ctx, live, placementId, made);
    return await recordStored(ctx, live, upload, body, made);
  } catch (error) {
    await releaseLock(ctx, lock);
    throw error;
  }
}

/** The transition `open → completing`, or the next try of one that was cut off. Null while another call holds the lock. */
async function beginCompleting(
  ctx: Ctx,
  live: UploadAttempt,
  placementId: string,
): Promise<CompleteLock | null> {
  const until = lockEnd(ctx);
  const [moved] = await ctx.db.batch([
    ctx.db
      .update(placements)
      .set({ status: 'completing', completingUntil: until })
      .where(
        and(
          eq(placements.id, placementId),
          inArray(placements.status, ['open', 'completing']),
          isNull(placements.errorCode),
          isUnlocked(ctx),
          whileLive(live),
        ),
      )
      .returning({ id: placements.id }),
    renewLease(ctx, live),
  ]);
  return moved.length > 0 ? { placementId, until } : null;
}

async function makeObject(
  ctx: Ctx,
  { job }: UploadAttempt,
  { placement }: Upload,
  { parts, sizeBytes, checksums }: CompleteRequest,
): Promise<(CompletedUpload & { url: string | null }) | AppError> {
  const { id: placementId, key, uploadId, digest } = placement;
  try {
    const site = await openSite(ctx, placement);
    const ifNoneMatch = isConditional(job.request);
    const isRepeat = placement.status === 'completing';
    const finished = { parts, sizeBytes, crc32: checksums.crc32, digest, ifNoneMatch, isRepeat };
    const { etag } = await site.complete({ placementId, key, uploadId }, finished);
    return { etag, url: site.publicUrl(key) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code !== 'storage_object_exists') return error;
    return nameConflict(ctx, job, { ...placement, placementId, detail: error.message });
  }
}

async function recordStored(
  ctx: Ctx,
  live: UploadAttempt,
  { artifact, placement }: Upload,
  { sizeBytes, checksums, facts }: CompleteRequest,
  made: CompletedUpload & { url: string | null },
): Promise<CompleteAnswer> {
  const isStored = sql`EXISTS (SELECT 1 FROM ${placements} WHERE ${placements.id} = ${placement.id} AND ${placements.status} = 'stored')`;
  const expiresAt = await expiryOf(ctx, { artifact, placement });
  const [moved] = await ctx.db.batch([
    ctx.db
      .update(placements)
      .set({ status: 'stored', storedAt: ctx.now(), expiresAt, completingUntil: null, ...made })
      .where(
        and(
          eq(placements.id, placement.id),
          eq(placements.status, 'completing'),
          isNull(placements.errorCode),
          whileLive(live),
        ),
      )
      .returning({ id: placements.id }),
    ctx.db
      .update(artifacts)
      .set({ sizeBytes, crc32: checksums.crc32, sha256: checksums.sha256 ?? artifact.sha256, facts })
      .where(and(eq(artifacts.id, artifact.id), isStored)),
  ]);
  if (moved.length > 0) return { outcome: 'stored' };
  await discardUnrecorded(ctx, placement.id);
  return whyNotOpen(ctx, live, placement.id);
}

/** The upload was given up, or the attempt ended, before its object was made: the clean-up has missed the object. */
async function discardUnrecorded(ctx: Ctx, placementId: string): Promise<void> {
  const row = await ctx.db.query.placements.findFirst({ where: eq(placements.id, placementId) });
  if (row && row.status !== 'stored') await discardUpload(ctx, row);
}

/** When service storage deletes the object, in unix milliseconds; null for a customer's, which we never delete. */
async function expiryOf(ctx: Ctx, { artifact, placement }: Upload): Promise<number | null> {
  if (placement.destinationId !== null) return null;
  const all = await listPlacements(ctx, artifact.id);
  const isFallback = all.some(({ destinationId }) => destinationId !== null);
  const days = isFallback ? ctx.config.FALLBACK_RETENTION_DAYS : ctx.config.RETENTION_DAYS;
  return ctx.now() + days * DAY_MS;
}

/** A refusal of the storage: the next plan, or the failure itself when there is none. A wrong request stays one. */
async function goOn(
  ctx: Ctx,
  live: UploadAttempt,
  placementId: string,
  error: AppError,
): Promise<CompleteAnswer> {
  if (!isStorageCode(error.code)) throw error;
  const upload = await findUpload(ctx, live, placementId);
  // The same call, sent twice, may have succeeded the other time.
  if (upload.placement.status === 'stored') return { outcome: 'stored' };
  const plan = await giveUpUpload(ctx, live, upload, toFailure(error));
  if (!plan) throw error;
  return { outcome: 'next', plan };
}

/** Why a guarded statement found no row: another call is at work or done, or the upload was given up (then its next plan). */
async function whyNotOpen(ctx: Ctx, live: UploadAttempt, placementId: string): Promise<CompleteAnswer> {
  const upload = await findUpload(ctx, live, placementId);
  const { status, errorCode, errorDetail } = upload.placement;
  if (status === 'stored') return { outcome: 'stored' };
  if (errorCode === null) {
    await requireStillLive(ctx, live);
    return { outcome: 'completing' };
  }
  const plan = await giveUpUpload(ctx, live, upload, {
    code: errorCode,
    ...(errorDetail && { detail: errorDetail }),
  });
  if (!plan) throw new AppError(errorCode);
  return { outcome: 'next', plan };
}
