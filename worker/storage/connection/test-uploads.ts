/** Uploads of the test object in parts, by the very code and requests of a real upload. */
import { crc32 } from 'node:zlib';
import type { PartDigest, PartToSign, StoredPart } from '../../contract/downloader/upload-plan.ts';
import { isRetryable } from '../../contract/failure.ts';
import { AppError } from '../../errors.ts';
import type { ConnectionCheck } from '../../contract/api/connection-report.ts';
import { fail, pass, warn, warnOf } from './connection-report.ts';
import { TEST_BODY, TEST_TEXT, TEST_TYPE, type Trial } from './connection-trial.ts';
import { encodeCrc32 } from '../../contract/crc32.ts';
import { s3Site } from '../sites/s3-site.ts';
import { sendSigned } from '../s3/send-signed.ts';
import { appErrorAsValue } from '../../app-error-as-value.ts';
import { sha256Hex } from '../s3/sha256.ts';
import { signedPart } from '../s3/signed-requests.ts';
import type { FinishedUpload, UploadRef, UploadSite } from '../sites/upload-site.ts';

export const TEST_CRC32 = encodeCrc32(crc32(TEST_BODY));

/** An upload whose one part is there. */
export interface TestUpload {
  site: UploadSite;
  ref: UploadRef & { uploadId: string };
  finished: FinishedUpload;
}

/** `conditionalWrites` is null where it was not asked, or did not become clear. */
export interface UploadFindings {
  checks: ConnectionCheck[];
  conditionalWrites: boolean | null;
}

/** Makes the object out of parts, takes an upload back, and sees whether a condition keeps what is there. */
export async function checkUploads(trial: Trial): Promise<UploadFindings> {
  const kept = trial.target.profile.conditionalWrites === 'unknown' ? await tryCondition(trial) : null;
  if (kept instanceof AppError) return { checks: [fail('multipart', kept)], conditionalWrites: null };
  const made = kept?.isMade ? null : await appErrorAsValue(makeObject(trial));
  if (made instanceof AppError) return { checks: [fail('multipart', made)], conditionalWrites: null };
  const removed = kept?.removed ?? (await appErrorAsValue(beginAndTakeBack(trial)));
  const conditionalWrites = kept?.isKept ?? null;
  const checks = [
    pass('multipart', 'Large files can be stored in parts.'),
    abortCheck(removed),
    ...(kept ? conditionCheck(kept.isKept) : []),
  ];
  return { checks, conditionalWrites };
}

type Removed = 'removed' | 'forbidden' | AppError;

/** With an object under the key: `isKept` null when the storage stumbled. */
interface Kept {
  isKept: boolean | null;
  /** The condition was ignored: the upload has become the object. */
  isMade: boolean;
  /** How the upload that was refused could be taken back; null when there was none to take back. */
  removed: Removed | null;
}

async function tryCondition(trial: Trial): Promise<Kept | AppError> {
  const upload = await appErrorAsValue(uploadPart(trial, trial.target.digest));
  if (upload instanceof AppError) return upload;
  const { site, ref, finished } = upload;
  const made = await appErrorAsValue(site.complete(ref, { ...finished, ifNoneMatch: true }));
  if (!(made instanceof AppError)) return { isKept: false, isMade: true, removed: null };
  const isKept = made.code === 'storage_object_exists' ? true : isRetryable(made.code) ? null : false;
  return { isKept, isMade: false, removed: await takeBack(trial, upload) };
}

/** An upload that may not be taken back is made an object instead: every test would leave one behind otherwise. */
export async function takeBack(trial: Trial, upload: TestUpload): Promise<Removed> {
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
  await takeBack(trial, upload);
  throw made;
}

/** Begins an upload and sends its part; takes it back when the part is refused. Throws AppError `storage_*`. */
export async function uploadPart(trial: Trial, digest: PartDigest): Promise<TestUpload> {
  const upload = await beginUpload(trial, digest);
  const sent = await sendTestPart(trial, upload, await digestOf(upload.finished.digest));
  if ('etag' in sent) {
    upload.finished.parts = partsOf(sent.etag);
    return upload;
  }
  await takeBack(trial, upload);
  throw sent.error;
}

/** Begins an upload whose parts are checked by this digest, if the storage takes it. Throws AppError `storage_*`. */
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

/** Sends the part as the downloader does, with a digest that may be wrong. */
export async function sendTestPart(
  { ctx, target, key }: Trial,
  { ref, finished }: TestUpload,
  digest: string,
) {
  const part: PartToSign = { number: 1, sizeBytes: TEST_BODY.length, digest };
  const how = { key, uploadId: ref.uploadId, part, now: ctx.now(), digest: finished.digest };
  return sendSigned(ctx, await signedPart(target, how), TEST_BODY);
}

async function digestOf(digest: PartDigest): Promise<string> {
  return digest === 'crc32' ? TEST_CRC32 : sha256Hex(TEST_TEXT);
}

async function beginAndTakeBack(trial: Trial): Promise<Removed> {
  return takeBack(trial, await beginUpload(trial, trial.target.digest));
}

function abortCheck(removed: Removed): ConnectionCheck {
  if (removed === 'removed') return pass('abort', 'Unfinished uploads are taken back.');
  const limit = 'Unfinished uploads of failed imports stay in the bucket, invisible and charged.';
  const hint =
    'Set a lifecycle rule on the bucket that deletes incomplete multipart uploads after a day, or grant s3:AbortMultipartUpload.';
  if (removed === 'forbidden') return warn('abort', limit, hint, 'storage_access_denied');
  return warnOf('abort', removed, limit, hint);
}

function conditionCheck(isKept: boolean | null): ConnectionCheck[] {
  if (isKept)
    return [pass('conditionalWrites', 'An object that is there can be kept from being overwritten.')];
  const message =
    isKept === null
      ? 'Whether an object can be kept from being overwritten did not become clear.'
      : 'The storage overwrites an object of the same name, whatever a request says.';
  return [warn('conditionalWrites', message, 'Do not rely on storageConflict "rename" or "fail" here.')];
}
