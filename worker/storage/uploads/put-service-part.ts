import { getTableColumns, sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { isPlacement } from '../../db/upload-keys.ts';
import { AppError } from '../../errors.ts';
import { checkPart } from './check-parts.ts';
import { refuseDeadAttempt, whileLive } from '../../attempts/fence.ts';
import type { UploadTerms } from '../../attempts/upload-grant.ts';
import { isOpen } from './placement-rows.ts';
import { pipeChecked, type PartBody } from '../sites/relay-body.ts';
import { objectOptions } from '../sites/service-bucket.ts';
import { readTerms, type UploadRequest } from './upload-terms.ts';

export interface IncomingPart extends PartBody {
  number: number;
}

/**
 * Streams a part into service storage. Stores it only if its length and CRC-32 are right. The ETag is quoted. AppError
 * `digest_mismatch`, `not_found`, `invalid_request`, `source_too_large`, `stale`, `storage_upload_lost`,
 * `storage_unavailable`.
 */
export async function putServicePart(
  ctx: Ctx,
  { part, ...request }: UploadRequest & { part: IncomingPart },
): Promise<{ etag: string }> {
  const { terms } = await readTerms(ctx, request);
  if (terms.via !== 'relay') throw new AppError('invalid_request', 'This upload takes no parts here.');
  checkPart(ctx.config, terms, part);
  const { readable, writable } = new FixedLengthStream(part.sizeBytes);
  const [checked, stored] = await Promise.allSettled([
    pipeChecked(part, writable),
    store(ctx, { terms, number: part.number, body: readable }),
  ]);
  if (checked.status === 'rejected') throw checked.reason;
  if (stored.status === 'rejected') throw storageFailed(ctx, stored.reason);
  if (terms.kind === 'single') await removeIfTooLate(ctx, terms);
  return { etag: stored.value };
}

async function store(
  ctx: Ctx,
  { terms, number, body }: { terms: UploadTerms; number: number; body: ReadableStream },
): Promise<string> {
  const { placementId, key, uploadId, contentType } = terms;
  if (uploadId !== null) {
    const stored = await ctx.media.resumeMultipartUpload(key, uploadId).uploadPart(number, body);
    return `"${stored.etag}"`;
  }
  const object = await ctx.media.put(key, body, objectOptions(placementId, contentType));
  return object.httpEtag;
}

function storageFailed(ctx: Ctx, reason: unknown): AppError {
  const text = String(reason);
  ctx.log.error('storage.service_put_failed', { error: text });
  return new AppError(/\(10024\)|does not exist/.test(text) ? 'storage_upload_lost' : 'storage_unavailable');
}

/**
 * Removes the object of a PUT that ended after its upload was given up or its attempt ended, and so after the clean-up.
 * A repeated PUT of a stored file has only written the same bytes again, so the file stays.
 */
async function removeIfTooLate(ctx: Ctx, { jobId, attempt, placementId, key }: UploadTerms): Promise<void> {
  const live = { job: { id: jobId }, attempt };
  const [row] = await ctx.db
    .select({ ...getTableColumns(placements), isLive: sql<number>`${whileLive(live)}` })
    .from(placements)
    .where(isPlacement({ jobId, attempt, id: placementId }));
  const isInUse = row?.status === 'stored' || (row?.isLive === 1 && isOpen(row));
  if (isInUse) return;
  await ctx.media.delete(key);
  if (row?.isLive !== 1) await refuseDeadAttempt(ctx, live);
  throw new AppError('invalid_request', 'This upload was given up.');
}
