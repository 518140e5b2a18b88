/** Uploads the test object in parts, with the code and the requests of a real upload. */
import { crc32 } from 'node:zlib';
import type { PartDigest, PartToSign, StoredPart } from '../../contract/downloader/upload-plan.ts';
import { isRetryable } from '../../contract/failure.ts';
import { AppError } from '../../errors.ts';
import type { ConnectionCheck } from '../../contract/api/storage/connection-report.ts';
import { fail, pass, warn, warnOf } from './connection-report.ts';
import { TEST_BODY, TEST_TEXT, TEST_TYPE, type Trial } from './connection-trial.ts';
import { chunkHead, chunkTail } from '../../contract/encoding/aws-chunked.ts';
import { encodeCrc32 } from '../../contract/encoding/crc32.ts';
import { s3Site } from '../sites/s3-site.ts';
import { sendSigned } from '../s3/send-signed.ts';
import { appErrorAsValue } from '../../app-error-as-value.ts';
import { sha256Hex } from '../../sha256.ts';
import { signedPart } from '../s3/signed-requests.ts';
import type { FinishedUpload, UploadRef, UploadSite } from '../sites/upload-site.ts';

export const TEST_CRC32 = encodeCrc32(crc32(TEST_BODY));

/** An upload whose only part was sent. */
export interface TestUpload {
  site: UploadSite;
  ref: UploadRef & { uploadId: string };
  finished: FinishedUpload;
}

/** `conditionalWrites` is null when it was not tested or the result is unclear. */
export interface UploadFindings {
  checks: ConnectionCheck[];
  conditionalWrites: boolean | null;
}

/** Completes an upload, aborts one, and tests whether a condition protects an existing object. */
export async function checkUploads(trial: Trial): Promise<UploadFindings> {
  const condition = trial.target.profile.conditionalWrites === 'unknown' ? await tryCondition(trial) : null;
  if (condition instanceof AppError)
    return { checks: [fail('multipart', condition)], conditionalWrites: null };
  const made = condition?.isOverwritten ? null : await appErrorAsValue(makeObject(trial));
  if (made instanceof AppError) return { checks: [fail('multipart', made)], conditionalWrites: null };
  const removed = condition?.removed ?? (await appErrorAsValue(beginAndAbort(trial)));
  const conditionalWrites = condition?.isProtected ?? null;
  const checks = [
    pass('multipart', 'Large files can be stored in parts.'),
    abortCheck(removed),
    ...(condition ? conditionCheck(condition.isProtected) : []),
  ];
  return { checks, conditionalWrites };
}

type Removed = 'removed' | 'forbidden' | AppError;

/** The result of a conditional Complete for a key that has an object. `isProtected` is null after a temporary failure. */
interface ConditionResult {
  isProtected: boolean | null;
  /** The storage ignored the condition and replaced the object. */
  isOverwritten: boolean;
  /** The result of aborting the refused upload; null when there was none. */
  removed: Removed | null;
}

async function tryCondition(trial: Trial): Promise<ConditionResult | AppError> {
  const upload = await appErrorAsValue(uploadPart(trial, trial.target.digest));
  if (upload instanceof AppError) return upload;
  const { site, ref, finished } = upload;
  const made = await appErrorAsValue(site.complete(ref, { ...finished, ifNoneMatch: true }));
  if (!(made instanceof AppError)) return { isProtected: false, isOverwritten: true, removed: null };
  const isProtected = made.code === 'storage_object_exists' ? true : isRetryable(made.code) ? null : false;
  return { isProtected, isOverwritten: false, removed: await abortOrComplete(trial, upload) };
}

/** Aborts the upload. If that is forbidden, completes it, since every test would leave an unfinished upload otherwise. */
export async function abortOrComplete(trial: Trial, upload: TestUpload): Promise<Removed> {
  const { site, ref, finished } = upload;
  const removed = await appErrorAsValue(site.abort(ref));
  if (removed !== 'forbidden') return removed;
  const sent = await sendTestPart(trial, upload, await digestOf(finished.digest));
  if ('etag' in sent) await appErrorAsValue(site.complete(ref, { ...finished, parts: partsOf(sent.etag) }));
  return removed;
}

function partsOf(etag: string): StoredPart[] {
  return [{ number: 1, etag, crc32: TEST_CRC32 }];
}

async function makeObject(trial: Trial): Promise<void> {
  const upload = await uploadPart(trial, trial.target.digest);
  const made = await appErrorAsValue(upload.site.complete(upload.ref, upload.finished));
  if (!(made instanceof AppError)) return;
  await abortOrComplete(trial, upload);
  throw made;
}

/** Starts an upload and sends its part. Aborts the upload when the part is refused. AppError `storage_*`. */
export async function uploadPart(trial: Trial, digest: PartDigest): Promise<TestUpload> {
  const upload = await beginUpload(trial, digest);
  const sent = await sendTestPart(trial, upload, await digestOf(upload.finished.digest));
  if ('etag' in sent) {
    upload.finished.parts = partsOf(sent.etag);
    return upload;
  }
  await abortOrComplete(trial, upload);
  throw sent.error;
}

/** Starts an upload whose parts are verified with this digest, if the storage supports it. AppError `storage_*`. */
export async function beginUpload({ ctx, target, key }: Trial, digest: PartDigest): Promise<TestUpload> {
  const site = s3Site(ctx, { ...target, digest });
  const placementId = ctx.newId();
  const begun = await site.create({ placementId, key }, TEST_TYPE);
  return {
    site,
    ref: { placementId, key, uploadId: begun.uploadId },
    finished: { parts: [], sizeBytes: TEST_BODY.length, crc32: TEST_CRC32, digest: begun.digest },
  };
}

/** Sends the part as the downloader does. The digest may be wrong on purpose. */
export async function sendTestPart(
  { ctx, target, key }: Trial,
  { ref, finished }: TestUpload,
  digest: string,
) {
  const part: PartToSign = { number: 1, sizeBytes: TEST_BODY.length, digest };
  const how = { key, uploadId: ref.uploadId, part, now: ctx.now(), digest: finished.digest };
  return sendSigned(ctx, await signedPart(target, how), asBody(finished.digest, digest));
}

function asBody(kind: PartDigest, digest: string): Uint8Array<ArrayBuffer> {
  if (kind !== 'crc32-trailer') return TEST_BODY;
  const { length } = TEST_BODY;
  return new Uint8Array(new TextEncoder().encode(chunkHead(length) + TEST_TEXT + chunkTail(digest)));
}

async function digestOf(digest: PartDigest): Promise<string> {
  return digest === 'sha256' ? sha256Hex(TEST_TEXT) : TEST_CRC32;
}

async function beginAndAbort(trial: Trial): Promise<Removed> {
  return abortOrComplete(trial, await beginUpload(trial, trial.target.digest));
}

function abortCheck(removed: Removed): ConnectionCheck {
  if (removed === 'removed') return pass('abort', 'The credentials can abort unfinished uploads.');
  const limit =
    'Unfinished uploads of failed imports stay in the bucket. They are not listed as objects, but are charged.';
  const hint =
    'Set a lifecycle rule on the bucket that deletes incomplete multipart uploads after a day, or grant s3:AbortMultipartUpload.';
  if (removed === 'forbidden') return warn('abort', limit, hint, 'storage_access_denied');
  return warnOf('abort', removed, limit, hint);
}

function conditionCheck(isProtected: boolean | null): ConnectionCheck[] {
  if (isProtected)
    return [pass('conditionalWrites', 'The storage can protect an existing object from being overwritten.')];
  const message =
    isProtected === null
      ? 'The test could not find out whether the storage can protect an existing object from being overwritten.'
      : 'The storage overwrites an object of the same name, even if a request forbids it.';
  return [warn('conditionalWrites', message, 'Do not rely on storageConflict "rename" or "fail" here.')];
}
