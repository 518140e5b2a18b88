/** Service storage: the R2 bucket of the binding. Only this service writes there, and each key names its attempt. */
import type { Ctx } from '../../context.ts';
import { MIN_PART_SIZE_BYTES, type PartDigest } from '../../contract/downloader/upload-plan.ts';
import { AppError } from '../../errors.ts';
import { errorText } from '../../error-text.ts';
import type { CompletedUpload, FinishedUpload, UploadRef, UploadSite } from './upload-site.ts';

/** Maximum number of parts (R2, "Limits"). */
const MAX_PARTS = 10_000;
/** The name of the bucket in rows, since a binding does not tell the name of its bucket. */
const BUCKET = 'media';
/** Error of R2 for an upload that was completed or aborted, or never existed. */
const NO_SUCH_UPLOAD = /\(10024\)|does not exist/;

/** What relay and direct uploads share: they start, end and are removed through the binding. */
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

/** Metadata of an object in service storage. */
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

/** Ignores an unknown upload, because an earlier call may have completed it. */
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
    // R2 reports missing or different parts with 10025 and 10048. Both require a new upload.
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

/** The contract has quoted ETags, as in HTTP. R2 expects them without quotes. */
function unquote(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}
