/** CompleteMultipartUpload: checks all rules about parts, then assembles the object. */
import { createHash } from 'node:crypto';
import { xmlAnswer, type Answer } from '../answer.ts';
import type { Upload, UploadedPart } from '../bucket.ts';
import { checkKeyIsFree, type Call } from './call.ts';
import { readCompleteBody, type ListedPart } from './complete-body.ts';
import { crc32Base64 } from './integrity.ts';
import { findUpload } from './multipart.ts';
import { encryptionHeaders } from './objects.ts';
import { S3Error } from '../s3-error.ts';

/** Minimum size of every part except the last, in bytes (S3, "Amazon S3 multipart upload limits"). */
const MIN_PART_BYTES = 5 * 1024 * 1024;

/** A composite upload lists the checksum of each part; a full-object one may. */
function checkListedChecksum(listed: ListedPart, part: UploadedPart, upload: Upload): void {
  const { checksumAlgorithm: algorithm } = upload;
  if (algorithm === null) return;
  const checksum = listed.checksums.get(algorithm);
  if (checksum === undefined && upload.checksumType === 'COMPOSITE') {
    const message = `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${listed.number} in the request.`;
    throw new S3Error('InvalidRequest', { message });
  }
  if (checksum !== undefined && checksum !== part.checksum) throw new S3Error('InvalidPart');
}

function pickParts(listed: readonly ListedPart[], upload: Upload): UploadedPart[] {
  const isAscending = listed.every(
    (part, index) => index === 0 || part.number > (listed[index - 1]?.number ?? 0),
  );
  if (!isAscending) throw new S3Error('InvalidPartOrder');
  return listed.map((entry) => {
    const part = upload.parts.get(entry.number);
    const detail = { PartNumber: String(entry.number), ETag: entry.etag };
    if (!part || part.etag !== entry.etag) throw new S3Error('InvalidPart', { detail });
    checkListedChecksum(entry, part, upload);
    return part;
  });
}

function checkSizes(parts: readonly UploadedPart[], hasEqualParts: boolean): void {
  const sizes = parts.map((part) => part.body.length);
  const small = sizes.findIndex((size, index) => index < sizes.length - 1 && size < MIN_PART_BYTES);
  if (small >= 0) {
    const detail = {
      ProposedSize: String(sizes[small]),
      MinSizeAllowed: String(MIN_PART_BYTES),
      PartNumber: String(small + 1),
    };
    throw new S3Error('EntityTooSmall', { detail });
  }
  const [first = 0] = sizes;
  const isEqual = sizes.every(
    (size, index) => size === first || (index === sizes.length - 1 && size < first),
  );
  if (hasEqualParts && !isEqual) {
    throw new S3Error('InvalidPart', { message: 'All non-trailing parts must have the same length.' });
  }
}

function wholeChecksum(upload: Upload, parts: readonly UploadedPart[], body: Buffer): string {
  if (upload.checksumType === 'FULL_OBJECT') return crc32Base64(body);
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part.checksum ?? '', 'base64')));
  if (upload.checksumAlgorithm === 'CRC32') return `${crc32Base64(digests)}-${parts.length}`;
  const hash = createHash(upload.checksumAlgorithm?.toLowerCase() ?? 'sha256');
  return `${hash.update(digests).digest('base64')}-${parts.length}`;
}

/** Compares what the client declares about the whole object with the assembled object. */
function checkWhole(call: Call, upload: Upload, checksum: string | null, body: Buffer): void {
  const type = call.headers.get('x-amz-checksum-type');
  if (type !== undefined && type !== upload.checksumType) {
    throw new S3Error('InvalidRequest', {
      message: `The upload was created using the ${upload.checksumType} checksum mode.`,
    });
  }
  const size = call.headers.get('x-amz-mp-object-size');
  if (size !== undefined && size !== String(body.length)) {
    throw new S3Error('InvalidRequest', {
      message: 'The provided x-amz-mp-object-size does not match the assembled object.',
    });
  }
  const declared = call.headers.get(`x-amz-checksum-${upload.checksumAlgorithm?.toLowerCase()}`);
  if (declared !== undefined && declared !== checksum) throw new S3Error('BadDigest');
}

/** Assembles the object and removes the upload. */
export function completeUpload(call: Call): Answer {
  const { uploadId, upload } = findUpload(call);
  const parts = pickParts(readCompleteBody(call.body), upload);
  checkSizes(parts, call.profile.equalParts);
  const body = Buffer.concat(parts.map((part) => part.body));
  const checksum = upload.checksumAlgorithm === null ? null : wholeChecksum(upload, parts, body);
  checkWhole(call, upload, checksum, body);
  checkKeyIsFree(call);
  const md5 = createHash('md5');
  for (const part of parts) md5.update(Buffer.from(part.etag.slice(1, -1), 'hex'));
  const etag = `"${md5.digest('hex')}-${parts.length}"`;
  call.bucket.objects.set(call.key, { body, headers: upload.headers, etag, storedAtMs: call.nowMs });
  call.bucket.uploads.delete(uploadId);
  const whole =
    checksum === null
      ? {}
      : { [`Checksum${upload.checksumAlgorithm}`]: checksum, ChecksumType: upload.checksumType };
  const answer = xmlAnswer('CompleteMultipartUploadResult', {
    Bucket: call.bucket.name,
    Key: call.key,
    ETag: call.profile.completeETag === 'named' ? etag : '',
    ...whole,
  });
  return { ...answer, headers: { ...answer.headers, ...encryptionHeaders(upload.headers) } };
}
