/** Finds out whether an unknown storage verifies CRC-32, which costs a third of SHA-256, as a header and as a trailer. */
import type { PartDigest } from '../../contract/downloader/upload-plan.ts';
import { isRetryable } from '../../contract/failure.ts';
import { AppError } from '../../errors.ts';
import { TEST_BODY, TEST_TYPE, type Trial } from './connection-trial.ts';
import { encodeCrc32 } from '../../contract/encoding/crc32.ts';
import { sendSigned } from '../s3/send-signed.ts';
import { appErrorAsValue } from '../../app-error-as-value.ts';
import { signedPut } from '../s3/signed-requests.ts';
import { beginUpload, sendTestPart, abortOrComplete, TEST_CRC32, type TestUpload } from './test-uploads.ts';

/** A CRC-32 that is wrong for the test object. */
const WRONG_CRC32 = encodeCrc32(0x12_34_56_78);
/** How long the signature of a test PUT is valid, in milliseconds. */
const LEASE_MS = 60_000;

/** True: refuses a wrong CRC-32 and accepts the right one. Null: the storage stumbled, so nobody knows. */
export interface ChecksumFindings {
  /** In headers, in both kinds of upload. */
  crc32: boolean | null;
  /** In trailers of parts. */
  trailers: boolean | null;
}

/** Sends wrong and right checksums. */
export async function findChecksums(trial: Trial): Promise<ChecksumFindings> {
  const inParts = await checksParts(trial, 'crc32');
  const crc32 = inParts ? await checksSingle(trial) : inParts;
  return { crc32, trailers: crc32 ? await checksParts(trial, 'crc32-trailer') : crc32 };
}

/** Whether `If-None-Match` protects an object from a single PUT. Only storage that verifies CRC-32 gets single PUTs. */
export async function protectsFromSinglePut(trial: Trial): Promise<boolean> {
  const sent = await sendSingle(trial, TEST_CRC32, true);
  return 'error' in sent && sent.error.code === 'storage_object_exists';
}

async function checksParts(trial: Trial, digest: PartDigest): Promise<boolean | null> {
  const upload = await appErrorAsValue(beginUpload(trial, digest));
  if (upload instanceof AppError) return isRetryable(upload.code) ? null : false;
  const found = upload.finished.digest === digest ? await checksUpload(trial, upload) : false;
  if (found !== true) await abortOrComplete(trial, upload);
  return found;
}

async function checksUpload(trial: Trial, upload: TestUpload): Promise<boolean | null> {
  const wrong = refuses(await sendTestPart(trial, upload, WRONG_CRC32));
  if (wrong !== true) return wrong;
  const right = await sendTestPart(trial, upload, TEST_CRC32);
  if ('error' in right) return right.isTransient ? null : false;
  const parts = [{ number: 1, etag: right.etag, crc32: TEST_CRC32 }];
  const made = await appErrorAsValue(upload.site.complete(upload.ref, { ...upload.finished, parts }));
  if (made instanceof AppError) return isRetryable(made.code) ? null : false;
  return true;
}

async function checksSingle(trial: Trial): Promise<boolean | null> {
  const wrong = refuses(await sendSingle(trial, WRONG_CRC32));
  if (wrong !== true) return wrong;
  const right = await sendSingle(trial, TEST_CRC32);
  return 'etag' in right ? true : right.isTransient ? null : false;
}

function refuses(sent: Awaited<ReturnType<typeof sendSigned>>): boolean | null {
  if ('etag' in sent) return false;
  if (sent.error.code === 'storage_digest_mismatch') return true;
  return sent.isTransient ? null : false;
}

async function sendSingle({ ctx, target, key }: Trial, digest: string, ifNoneMatch = false) {
  const now = ctx.now();
  const request = await signedPut(target, {
    key,
    part: { number: 1, sizeBytes: TEST_BODY.length, digest },
    now,
    placementId: ctx.newId(),
    contentType: TEST_TYPE,
    leaseUntil: now + LEASE_MS,
    ifNoneMatch,
  });
  return sendSigned(ctx, request, TEST_BODY);
}
