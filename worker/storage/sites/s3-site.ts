/** Uploads to a customer's bucket. s3:PutObject is enough; other permissions are used if they are granted. */
import type { Ctx } from '../../context.ts';
import type { PartToSign, SignedRequest } from '../../contract/downloader/upload-plan.ts';
import { AppError } from '../../errors.ts';
import { extraRights, splitHeaders, UPLOAD_HEADER } from '../s3/object-headers.ts';
import { s3Request, type S3Answer, type S3Request } from '../s3/client.ts';
import { signedParts, signedPut } from '../s3/signed-requests.ts';
import { parseXml, textIn } from '../s3/error.ts';
import { objectUrl, type S3Target } from '../s3/target.ts';
import { appErrorAsValue } from '../../app-error-as-value.ts';
import type {
  BegunUpload,
  CompletedUpload,
  FinishedUpload,
  UploadRef,
  UploadSite,
  UploadToSign,
} from './upload-site.ts';

const ALGORITHM_HEADER = 'x-amz-checksum-algorithm';
/** Root element of the answer to CompleteMultipartUpload when the object exists. */
const COMPLETED = 'CompleteMultipartUploadResult';
/** Amazon can take minutes to assemble 10,000 parts, and keeps the connection open meanwhile. */
const COMPLETE_TIMEOUT_MS = 300_000;

/** The site of a target. */
export function s3Site(ctx: Ctx, target: S3Target): UploadSite {
  return {
    via: 's3',
    bucket: target.bucket,
    digest: target.digest,
    maxParts: target.profile.maxParts,
    minPartBytes: target.profile.minPartBytes,
    // A signature in the query covers the body only through a checksum header: servers ignore or refuse a payload hash.
    // The downloader, which sends the PUT, cannot correct region or headers, so an upload must have proved them before.
    singlePut: target.digest !== 'sha256' && target.isProven,
    omittedHeaders: target.object.omitted,
    holds: async (key) => (await findObject(ctx, target, key, 1)) !== null,
    create: (upload, contentType) => create(ctx, target, upload, contentType),
    sign: (upload, parts) => sign(ctx, target, upload, parts),
    complete: (upload, finished) => complete(ctx, target, upload, finished),
    abort: (upload) => abort(ctx, target, upload),
    removeObject: (upload) => removeObject(ctx, target, upload),
    publicUrl: (key) => objectUrl(target, key),
  };
}

async function create(
  ctx: Ctx,
  target: S3Target,
  { placementId, key }: Omit<UploadRef, 'uploadId'>,
  contentType: string,
): Promise<BegunUpload> {
  const { sent, omitted } = target.object;
  const { needed, optional } = splitHeaders(sent);
  const request: S3Request = {
    method: 'POST',
    key,
    query: { uploads: '' },
    headers: { 'content-type': contentType, ...needed, [UPLOAD_HEADER]: placementId },
    optionalHeaders: { ...optional, ...checksumHeaders(target) },
  };
  const answer = await withRights(sent, s3Request(ctx, target, request));
  const uploadId = textIn(parseXml(answer.body), 'InitiateMultipartUploadResult', 'UploadId');
  if (uploadId === undefined)
    throw new AppError('storage_not_s3', 'the answer to CreateMultipartUpload has no upload id');
  const { region, droppedHeaders } = answer;
  const isRefused = droppedHeaders.includes(ALGORITHM_HEADER);
  return {
    uploadId,
    digest: isRefused ? 'sha256' : target.digest,
    omittedHeaders: [...omitted, ...droppedHeaders.filter((name) => name in optional)],
    lesson: { region, wasWrong: region !== target.region, droppedHeaders },
  };
}

function checksumHeaders({ digest, profile }: S3Target): Record<string, string> {
  if (digest === 'sha256') return {};
  const type = profile.crc32Covers === 'object' ? 'FULL_OBJECT' : 'COMPOSITE';
  return { [ALGORITHM_HEADER]: 'CRC32', 'x-amz-checksum-type': type };
}

/** Adds to a refusal which permissions the headers need, since the recommended policy grants only s3:PutObject. */
async function withRights(headers: Record<string, string>, answer: Promise<S3Answer>): Promise<S3Answer> {
  const rights = extraRights(headers);
  const result = await appErrorAsValue(answer);
  if (!(result instanceof AppError)) return result;
  if (result.code !== 'storage_access_denied' || rights.length === 0) throw result;
  throw new AppError(result.code, `${result.message}; these settings also need ${rights.join(' and ')}`);
}

/** A single PUT expires with the lease, so that a late one cannot replace the object of the next attempt. */
async function sign(
  ctx: Ctx,
  target: S3Target,
  { placementId, key, uploadId, digest, contentType, leaseUntil }: UploadToSign,
  parts: PartToSign[],
): Promise<SignedRequest[]> {
  const now = ctx.now();
  if (uploadId !== null) return signedParts(target, parts, { key, uploadId, now, digest });
  return Promise.all(
    parts.map((part) => signedPut(target, { key, placementId, contentType, part, now, leaseUntil })),
  );
}

/** Completes a multipart upload. A single PUT needs nothing more. */
async function complete(
  ctx: Ctx,
  target: S3Target,
  upload: UploadRef,
  finished: FinishedUpload,
): Promise<CompletedUpload> {
  const { uploadId } = upload;
  if (uploadId === null) return { etag: finished.parts[0]?.etag ?? null };
  const made = await appErrorAsValue(completeMultipart(ctx, target, { ...upload, uploadId }, finished));
  const object = await findObject(ctx, target, upload.key);
  if (!(made instanceof AppError) && object === null) return made;
  // After a lost answer the upload no longer exists, and some servers (versitygw) confirm a Complete of an unknown upload
  // if any object has the key. If the object may be read, its metadata shows which upload made it.
  const isOurs = object?.placementId === upload.placementId;
  if (isOurs && object.sizeBytes === finished.sizeBytes) return { etag: object.etag };
  if (made instanceof AppError) throw made;
  // A storage that drops metadata still names the ETag of the new object.
  const isNamed = object?.placementId === null && made.etag !== null && object.etag === made.etag;
  if (isNamed && object.sizeBytes === finished.sizeBytes) return made;
  throw new AppError('storage_upload_lost', 'the key has another object');
}

async function completeMultipart(
  ctx: Ctx,
  target: S3Target,
  { key, uploadId }: UploadRef & { uploadId: string },
  { parts, crc32, digest, ifNoneMatch, isRepeat = false }: FinishedUpload,
): Promise<CompletedUpload> {
  const isChecked = digest !== 'sha256';
  const list = parts.map((part) => {
    const checksum = isChecked ? `<ChecksumCRC32>${part.crc32}</ChecksumCRC32>` : '';
    return `<Part>${checksum}<ETag>${escapeXml(part.etag)}</ETag><PartNumber>${part.number}</PartNumber></Part>`;
  });
  const isWhole = isChecked && target.profile.crc32Covers === 'object';
  const whole = { 'x-amz-checksum-crc32': crc32, 'x-amz-checksum-type': 'FULL_OBJECT' };
  const request: S3Request = {
    method: 'POST',
    key,
    query: { uploadId },
    headers: {
      'content-type': 'application/xml',
      ...(isWhole && whole),
      ...(ifNoneMatch && { 'if-none-match': '*' }),
    },
    body: `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list.join('')}</CompleteMultipartUpload>`,
    timeoutMs: COMPLETE_TIMEOUT_MS,
  };
  const { body } = await sendConditional(ctx, target, { request, isRepeat });
  // The server sends the status 200 before the object exists, and the root element of the body afterwards.
  const root = parseXml(body);
  if (root === null || !Object.hasOwn(root, COMPLETED))
    throw new AppError('storage_unavailable', 'the answer does not say that the object is complete');
  // Ceph RGW 16.2 leaves the ETag empty.
  return { etag: textIn(root, COMPLETED, 'ETag') ?? null };
}

/** An object that a repeated request finds may be the one that the first made. Nobody knows, so the upload is lost. */
async function sendConditional(
  ctx: Ctx,
  target: S3Target,
  { request, isRepeat }: { request: S3Request; isRepeat: boolean },
): Promise<S3Answer> {
  let sent = 0;
  const send: typeof fetch = (input, init) => {
    sent++;
    return ctx.fetch(input, init);
  };
  const answer = await appErrorAsValue(s3Request({ ...ctx, fetch: send }, target, request));
  if (!(answer instanceof AppError)) return answer;
  const isFirst = sent === 1 && !isRepeat;
  if (answer.code !== 'storage_object_exists' || isFirst) throw answer;
  throw new AppError('storage_upload_lost', answer.message);
}

async function abort(
  ctx: Ctx,
  target: S3Target,
  { key, uploadId }: UploadRef,
): Promise<'removed' | 'forbidden'> {
  if (uploadId === null) return 'removed';
  // One try: the sweep repeats it, and the fallback must not wait for it.
  const request: S3Request = { method: 'DELETE', key, query: { uploadId }, maxTries: 1 };
  const answer = await appErrorAsValue(s3Request(ctx, target, request));
  if (!(answer instanceof AppError)) return 'removed';
  // If the bucket is gone, so is the upload.
  if (answer.code === 'storage_upload_lost' || answer.code === 'storage_bucket_not_found') return 'removed';
  if (answer.code === 'storage_access_denied') return 'forbidden';
  throw answer;
}

async function removeObject(ctx: Ctx, target: S3Target, upload: UploadRef): Promise<void> {
  const object = await appErrorAsValue(headObject(ctx, target, upload.key, 1));
  // Without an answer nothing is known, so the caller tries again later.
  if (object instanceof AppError && object.code === 'storage_unreachable') throw object;
  if (object instanceof AppError || object.placementId !== upload.placementId) return;
  const request: S3Request = { method: 'DELETE', key: upload.key, maxTries: 1 };
  const answer = await appErrorAsValue(s3Request(ctx, target, request));
  // The recommended policy does not allow deleting, so the object remains.
  if (answer instanceof AppError && answer.code !== 'storage_access_denied') throw answer;
}

interface FoundObject {
  sizeBytes: number;
  etag: string;
  placementId: string | null;
}

/** The object with this key and the upload that made it; null when it does not exist or may not be read. */
async function findObject(
  ctx: Ctx,
  target: S3Target,
  key: string,
  maxTries?: number,
): Promise<FoundObject | null> {
  const object = await appErrorAsValue(headObject(ctx, target, key, maxTries));
  return object instanceof AppError ? null : object;
}

async function headObject(ctx: Ctx, target: S3Target, key: string, maxTries?: number): Promise<FoundObject> {
  const request: S3Request = { method: 'HEAD', key, ...(maxTries !== undefined && { maxTries }) };
  const { headers } = await s3Request(ctx, target, request);
  return {
    sizeBytes: Number(headers.get('content-length')),
    etag: headers.get('etag') ?? '',
    placementId: headers.get(UPLOAD_HEADER),
  };
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
