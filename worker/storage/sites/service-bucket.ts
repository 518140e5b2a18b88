/** Service storage: the R2 bucket of the binding. Only this Worker writes there, under keys that name the attempt. */
import type { Ctx } from '../../context.ts';
import { MIN_PART_SIZE_BYTES, type PartDigest } from '../../contract/downloader/upload-plan.ts';
import { AppError } from '../../errors.ts';
import { errorText } from '../../error-text.ts';
import type { CompletedUpload, FinishedUpload, UploadRef, UploadSite } from './upload-site.ts';

/** R2's own limit (R2 limits page). */
const MAX_PARTS = 10_000;
/** Name of the bucket in rows: the binding has none that the Worker could read. */
const BUCKET = 'media';
/** R2's error for an upload that was completed, aborted, or never was. */
const NO_SUCH_UPLOAD = /\(10024\)|does not exist/;

/** What both ways into service storage have in common: the binding begins, completes and removes their uploads. */
export function serviceBucket(ctx: Ctx, digest: PartDigest): Omit<UploadSite, 'via' | 'singlePut' | 'sign'> {
  return {
    bucket: BUCKET,
    digest,
    maxParts: MAX_PARTS,
    minPartBytes: MIN_PART_SIZE_BYTES,
    omittedHeaders: [],
    holds: async (key) => (await ctx.media.head(key)) !== null,
    create: async ({ placementId, key }, contentType) => {
      const upload = await ctx.media.createMultipartUpload(key, objectOptions(placementId, contentType));
      return { uploadId: upload.uploadId, digest, omittedHeaders: [], lesson: null };
    },
    complete: (upload, finished) => complete(ctx, upload, finished),
    abort: async ({ key, uploadId }) => {
      if (uploadId !== null) await abort(ctx, key, uploadId);
      return 'removed';
    },
    removeObject: ({ key }) => ctx.media.delete(key),
    publicUrl: () => null,
  };
}

/** What is stored beside an object of service storage. */
export function objectOptions(placementId: string, contentType: string) {
  return { httpMetadata: { contentType }, customMetadata: { placement: placementId } };
}

async function complete(ctx: Ctx, upload: UploadRef, finished: FinishedUpload): Promise<CompletedUpload> {
  if (upload.uploadId !== null) await completeMultipart(ctx, upload.key, upload.uploadId, finished);
  const object = await ctx.media.head(upload.key);
  if (object?.customMetadata?.['placement'] !== upload.placementId) throw new AppError('storage_upload_lost');
  if (object.size === finished.sizeBytes) return { etag: object.httpEtag };
  throw new AppError('invalid_request', `The upload has ${object.size} bytes, not ${finished.sizeBytes}.`);
}

/** An unknown upload is no error here: it may have been completed by a call whose answer was lost. */
async function completeMultipart(
  ctx: Ctx,
  key: string,
  uploadId: string,
  { parts }: FinishedUpload,
): Promise<void> {
  const uploaded = parts.map(({ number, etag }) => ({ partNumber: number, etag: unquote(etag) }));
  try {
    await ctx.media.resumeMultipartUpload(key, uploadId).complete(uploaded);
  } catch (error) {
    if (NO_SUCH_UPLOAD.test(String(error))) return;
    // R2 names parts that are missing or differ with 10025 and 10048; both mean: send them again.
    ctx.log.error('storage.service_complete_failed', { error: errorText(error) });
    throw new AppError(/\(100\d\d\)/.test(String(error)) ? 'storage_upload_lost' : 'storage_unavailable');
  }
}

async function abort(ctx: Ctx, key: string, uploadId: string): Promise<void> {
  try {
    await ctx.media.resumeMultipartUpload(key, uploadId).abort();
  } catch (error) {
    if (!NO_SUCH_UPLOAD.test(String(error))) throw error;
  }
}

/** ETags travel quoted, as HTTP has them; R2's parts are named without. */
function unquote(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}
