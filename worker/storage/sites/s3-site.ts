/** A customer's bucket as a place for uploads. Needs no right but s3:PutObject; uses more where it has them. */
import type { Ctx } from '../../context.ts';
import type { PartToSign, SignedRequest } from '../../contract/downloader/upload-plan.ts';
import { AppError } from '../../errors.ts';
import { extraRights, splitHeaders, UPLOAD_HEADER } from '../s3/object-headers.ts';
import { s3Request, type S3Answer, type S3Request } from '../s3/client.ts';
import { signedPart, signedPut } from '../s3/signed-requests.ts';
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
/** Root element of the answer to CompleteMultipartUpload when the object is made. */
const COMPLETED = 'CompleteMultipartUploadResult';
/** Putting 10,000 parts together takes Amazon minutes, during which it keeps the connection open. */
const COMPLETE_TIMEOUT_MS = 300_000;

/** The site behind a target. */
export function s3Site(ctx: Ctx, target: S3Target): UploadSite {
  return {
    via: 's3',
    bucket: target.bucket,
    digest: target.digest,
    maxParts: target.profile.maxParts,
    minPartBytes: target.profile.minPartBytes,
    // Query signatures bind a body only by a checksum header: servers leave the payload hash out of them, or refuse it.
    // And whoever sends such a PUT can correct neither region nor headers: an upload from here has to have done it before.
    singlePut: target.digest === 'crc32' && target.isProven,
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
  if (uploadId === undefined) throw new AppError('storage_not_s3', 'it begins no upload');
  const { region, droppedHeaders } = answer;
  const isChecked = target.digest === 'crc32' && !droppedHeaders.includes(ALGORITHM_HEADER);
  return {
    uploadId,
    digest: isChecked ? 'crc32' : 'sha256',
    omittedHeaders: [...omitted, ...droppedHeaders.filter((name) => name in optional)],
    lesson: { region, wasWrong: region !== target.region, droppedHeaders },
  };
}

function checksumHeaders({ digest, profile }: S3Target): Record<string, string> {
  if (digest !== 'crc32') return {};
  const type = profile.crc32Covers === 'object' ? 'FULL_OBJECT' : 'COMPOSITE';
  return { [ALGORITHM_HEADER]: 'CRC32', 'x-amz-checksum-type': type };
}

/** A refused upload whose headers need more than s3:PutObject says so: the policy that people copy grants no more. */
async function withRights(headers: Record<string, string>, answer: Promise<S3Answer>): Promise<S3Answer> {
  const rights = extraRights(headers);
  const result = await appErrorAsValue(answer);
  if (!(result instanceof AppError)) return result;
  if (result.code !== 'storage_access_denied' || rights.length === 0) throw result;
  throw new AppError(result.code, `${result.message}; these settings also need ${rights.join(' and ')}`);
}

/** A single PUT ends with the lease: nothing else keeps one that arrives late from replacing the object of the next attempt. */
async function sign(
  ctx: Ctx,
  target: S3Target,
  { placementId, key, uploadId, digest, contentType, leaseUntil }: UploadToSign,
  parts: PartToSign[],
): Promise<SignedRequest[]> {
  const now = ctx.now();
  return Promise.all(
    parts.map((part) =>
      uploadId === null
        ? signedPut(target, { key, placementId, contentType, part, now, leaseUntil })
        : signedPart(target, { key, uploadId, part, now, digest }),
    ),
  );
}

/** A single PUT was complete when the storage answered it; a multipart upload is made one here. */
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
  // A Complete whose answer was lost leaves no upload behind, and some servers (versitygw) confirm an upload that they
  // do not have as long as any object is there. Where it may be read, the object itself tells.
  const isOurs = object?.placementId === upload.placementId;
  if (isOurs && object.sizeBytes === finished.sizeBytes) return { etag: object.etag };
  if (made instanceof AppError) throw made;
  // Storage that drops metadata still names the object that it has made.
  const isNamed = object?.placementId === null && made.etag !== null && object.etag === made.etag;
  if (isNamed && object.sizeBytes === finished.sizeBytes) return made;
  throw new AppError('storage_upload_lost', 'another object is under the key');
}

async function completeMultipart(
  ctx: Ctx,
  target: S3Target,
  { key, uploadId }: UploadRef & { uploadId: string },
  { parts, crc32, digest, ifNoneMatch, isRepeat = false }: FinishedUpload,
): Promise<CompletedUpload> {
  const isChecked = digest === 'crc32';
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
  // The status 200 is sent before the object is made, the root element of the body after it.
  const root = parseXml(body);
  if (root === null || !Object.hasOwn(root, COMPLETED))
    throw new AppError('storage_unavailable', 'it did not say that the object is complete');
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
  // One try: the sweep repeats it, and an attempt that falls back does not wait for it.
  const request: S3Request = { method: 'DELETE', key, query: { uploadId }, maxTries: 1 };
  const answer = await appErrorAsValue(s3Request(ctx, target, request));
  if (!(answer instanceof AppError)) return 'removed';
  // Without its bucket an upload does not exist either.
  if (answer.code === 'storage_upload_lost' || answer.code === 'storage_bucket_not_found') return 'removed';
  if (answer.code === 'storage_access_denied') return 'forbidden';
  throw answer;
}

async function removeObject(ctx: Ctx, target: S3Target, upload: UploadRef): Promise<void> {
  const object = await appErrorAsValue(headObject(ctx, target, upload.key, 1));
  // Unlike a refusal, a missing answer says nothing: the caller tries again later.
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

/** The object under the key, with the upload that made it; null when there is none, or reading is not permitted. */
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
