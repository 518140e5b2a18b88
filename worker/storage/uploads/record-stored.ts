import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../../context.ts';
import type { CompleteRequest } from '../../contract/downloader/report.ts';
import type { PlacementRow } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { isPlacement } from '../../db/upload-keys.ts';
import { whileLive } from '../../attempts/fence.ts';
import type { CompletedUpload } from '../sites/upload-site.ts';
import { discardUpload } from './leftovers/discard-upload.ts';
import type { Upload } from './placement-rows.ts';
import type { UploadAttempt } from './upload-rules.ts';

const DAY_MS = 24 * 3600_000;

interface StoredUpload {
  live: UploadAttempt;
  upload: Upload;
  report: CompleteRequest;
  made: CompletedUpload & { url: string | null };
  /** The end of the job, if this is its last file. */
  end?: EndOfJob | undefined;
}

/** Statements for the same batch, which change nothing unless the upload is recorded, and what takes their results. */
export interface EndOfJob {
  statements: BatchItem<'sqlite'>[];
  settle: (results: unknown[]) => void;
}

/**
 * Records that the object of an upload was made, with the facts of its file. False when the upload was given up or the
 * attempt has ended meanwhile: then the object is removed, because the clean-up came before it.
 */
export async function recordStored(
  ctx: Ctx,
  { live, upload, report, made, end }: StoredUpload,
): Promise<boolean> {
  const { artifact, placement } = upload;
  const { sizeBytes, checksums, facts, details } = report;
  const isStored = sql`EXISTS (SELECT 1 FROM ${placements} WHERE ${isPlacement(placement)} AND ${placements.status} = 'stored')`;
  const [moved, , ...results] = await ctx.db.batch([
    ctx.db
      .update(placements)
      .set({
        status: 'stored',
        storedAt: ctx.now(),
        expiresAt: expiryOf(ctx, live, upload),
        completingUntil: null,
        ...made,
      })
      .where(
        and(
          isPlacement(placement),
          // A single PUT needs no lock.
          inArray(placements.status, ['open', 'completing']),
          isNull(placements.errorCode),
          whileLive(live),
        ),
      )
      .returning({ id: placements.id }),
    ctx.db
      .update(artifacts)
      .set({ sizeBytes, crc32: checksums.crc32, sha256: checksums.sha256 ?? artifact.sha256, facts, details })
      .where(
        and(
          eq(artifacts.jobId, artifact.jobId),
          eq(artifacts.attempt, artifact.attempt),
          eq(artifacts.role, artifact.role),
          isStored,
        ),
      ),
    ...(end?.statements ?? []),
  ]);
  end?.settle(results);
  if (moved.length > 0) return true;
  await discardUnrecorded(ctx, placement);
  return false;
}

/** When service storage deletes the object; null in a customer's bucket, where this service never deletes a stored file. */
function expiryOf(ctx: Ctx, { job: { request } }: UploadAttempt, { artifact, placement }: Upload) {
  if (placement.destinationId !== null) return null;
  const { FALLBACK_RETENTION_DAYS, RETENTION_DAYS } = ctx.config;
  // Several destinations get their copies from this one.
  if (request.store === true && request.storageDestinations !== undefined)
    return ctx.now() + DAY_MS * FALLBACK_RETENTION_DAYS;
  const isFallback = sql`EXISTS (SELECT 1 FROM ${placements} AS refused
    WHERE refused.job_id = ${artifact.jobId} AND refused.attempt = ${artifact.attempt}
      AND refused.artifact_id = ${artifact.id} AND refused.destination_id IS NOT NULL)`;
  const days = sql`CASE WHEN ${isFallback} THEN ${FALLBACK_RETENTION_DAYS} ELSE ${RETENTION_DAYS} END`;
  return sql`${ctx.now()} + ${DAY_MS} * (${days})`;
}

async function discardUnrecorded(ctx: Ctx, placement: PlacementRow): Promise<void> {
  const row = await ctx.db.query.placements.findFirst({ where: isPlacement(placement) });
  if (row && row.status !== 'stored') await discardUpload(ctx, row);
}
