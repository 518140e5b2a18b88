import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { isStorageCode } from '../../contract/codes.ts';
import type { CompleteAnswer, CompleteRequest } from '../../contract/downloader/report.ts';
import type { UploadAttempt } from './upload-rules.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { AppError } from '../../errors.ts';
import { checkComplete } from './check-parts.ts';
import { isConditional } from './choose-key.ts';
import { refuseDeadAttempt, renewLease, whileLive } from '../../attempts/fence.ts';
import { giveUpUpload } from './give-up-upload.ts';
import { findUpload, listPlacements, type Upload } from './placement-rows.ts';
import { nameConflict } from './name-conflict.ts';
import { toFailure } from '../../to-failure.ts';
import { openSite, type CompletedUpload } from '../sites/upload-site.ts';

const DAY_MS = 24 * 3600_000;

/**
 * Makes the object out of its parts, under the fence, and only then calls it stored. `next` asks for the bytes again:
 * the upload got lost, or the customer's bucket refused it. Repeating it after success changes nothing.
 * AppError `not_found`, `invalid_request`, `digest_mismatch`, `source_too_large`, `stale`, `cancel_requested`, `storage_*`.
 */
export async function completePlacement(
  ctx: Ctx,
  live: UploadAttempt,
  placementId: string,
  body: CompleteRequest,
): Promise<CompleteAnswer> {
  const upload = await findUpload(ctx, live, placementId);
  if (upload.placement.status === 'stored') return { outcome: 'stored' };
  checkComplete(ctx.config, upload, body);
  if (!(await beginCompleting(ctx, live, placementId))) return whyNotOpen(ctx, live, placementId);
  const made = await makeObject(ctx, live, upload, body);
  if (made instanceof AppError) return goOn(ctx, live, placementId, made);
  return recordStored(ctx, live, upload, body, made);
}

/** The move `open → completing`, or its repetition, with the lease renewed so that a slow provider does not cost it. */
async function beginCompleting(ctx: Ctx, live: UploadAttempt, placementId: string): Promise<boolean> {
  const [moved] = await ctx.db.batch([
    ctx.db
      .update(placements)
      .set({ status: 'completing' })
      .where(
        and(
          eq(placements.id, placementId),
          inArray(placements.status, ['open', 'completing']),
          isNull(placements.errorCode),
          whileLive(live),
        ),
      )
      .returning({ id: placements.id }),
    renewLease(ctx, live),
  ]);
  return moved.length > 0;
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
    const finished = { parts, sizeBytes, crc32: checksums.crc32, digest, ifNoneMatch };
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
      .set({ status: 'stored', storedAt: ctx.now(), expiresAt, ...made })
      .where(and(eq(placements.id, placement.id), eq(placements.status, 'completing'), whileLive(live)))
      .returning({ id: placements.id }),
    ctx.db
      .update(artifacts)
      .set({ sizeBytes, crc32: checksums.crc32, sha256: checksums.sha256 ?? artifact.sha256, facts })
      .where(and(eq(artifacts.id, artifact.id), isStored)),
  ]);
  return moved.length > 0 ? { outcome: 'stored' } : whyNotOpen(ctx, live, placement.id);
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

/** Why a guarded statement met no row: done by another call, given up (then with its next plan), or not ours any more. */
async function whyNotOpen(ctx: Ctx, live: UploadAttempt, placementId: string): Promise<CompleteAnswer> {
  const upload = await findUpload(ctx, live, placementId);
  const { status, errorCode, errorDetail } = upload.placement;
  if (status === 'stored') return { outcome: 'stored' };
  if (errorCode === null) return refuseDeadAttempt(ctx, live);
  const plan = await giveUpUpload(ctx, live, upload, {
    code: errorCode,
    ...(errorDetail && { detail: errorDetail }),
  });
  if (!plan) throw new AppError(errorCode);
  return { outcome: 'next', plan };
}
