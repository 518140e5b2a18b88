/** CreateMultipartUpload, UploadPart and AbortMultipartUpload. */
import { randomUUID } from 'node:crypto';
import { emptyAnswer, xmlAnswer, type Answer } from '../answer.ts';
import type { Upload } from '../bucket.ts';
import type { Call } from './call.ts';
import { checkBodyDigests, checksumHeader, etagOf } from './integrity.ts';
import { checkNewObject, keptHeaders } from './new-object.ts';
import { encryptionHeaders } from './objects.ts';
import { S3Error } from '../s3-error.ts';

const ALGORITHMS = ['CRC32', 'SHA1', 'SHA256'];

/** CRC-32 may cover the whole object; SHA digests only exist part by part (S3, "Checking object integrity"). */
function readChecksumPlan(call: Call): Pick<Upload, 'checksumAlgorithm' | 'checksumType'> {
  const algorithm = call.headers.get('x-amz-checksum-algorithm')?.toUpperCase() ?? null;
  const type = call.headers.get('x-amz-checksum-type')?.toUpperCase() ?? 'COMPOSITE';
  if (algorithm !== null && !ALGORITHMS.includes(algorithm)) {
    throw new S3Error('NotImplemented', { detail: { Header: 'x-amz-checksum-algorithm' } });
  }
  const isKnownType = type === 'COMPOSITE' || (type === 'FULL_OBJECT' && algorithm === 'CRC32');
  if (!isKnownType || (algorithm === null && call.headers.has('x-amz-checksum-type'))) {
    throw new S3Error('InvalidRequest', {
      message: `The ${type} checksum type cannot be used with ${algorithm}.`,
    });
  }
  return { checksumAlgorithm: algorithm, checksumType: type };
}

/** CreateMultipartUpload. */
export function createUpload(call: Call): Answer {
  checkNewObject(call);
  const plan = readChecksumPlan(call);
  const uploadId = randomUUID();
  const headers = keptHeaders(call.headers);
  call.bucket.uploads.set(uploadId, { key: call.key, headers, ...plan, parts: new Map() });
  const answer = xmlAnswer('InitiateMultipartUploadResult', {
    Bucket: call.bucket.name,
    Key: call.key,
    UploadId: uploadId,
  });
  return { ...answer, headers: { ...answer.headers, ...encryptionHeaders(headers) } };
}

/** The upload that the query names; NoSuchUpload if it has another key. */
export function findUpload(call: Call): { uploadId: string; upload: Upload } {
  const uploadId = call.request.query.get('uploadId') ?? '';
  const upload = call.bucket.uploads.get(uploadId);
  if (!upload || upload.key !== call.key)
    throw new S3Error('NoSuchUpload', { detail: { UploadId: uploadId } });
  return { uploadId, upload };
}

/** A part must have the digest type that the upload was created with, and no other one. */
function readPartChecksum(call: Call, upload: Upload): string | null {
  const [name, value] = checksumHeader(call.headers) ?? [];
  const actual = name?.slice('x-amz-checksum-'.length).toUpperCase() ?? null;
  const mayLack = actual === null && upload.checksumType === 'FULL_OBJECT';
  if (actual === upload.checksumAlgorithm || mayLack) return value ?? null;
  const [expected, found] = [upload.checksumAlgorithm, actual].map(
    (algorithm) => algorithm?.toLowerCase() ?? 'null',
  );
  const message = `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${found}`;
  throw new S3Error('InvalidRequest', { message });
}

function readPartNumber(call: Call): number {
  const text = call.request.query.get('partNumber') ?? '';
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= call.profile.maxParts) return number;
  const message = `Part number must be an integer between 1 and ${call.profile.maxParts}, inclusive`;
  throw new S3Error('InvalidArgument', {
    message,
    detail: { ArgumentName: 'partNumber', ArgumentValue: text },
  });
}

/** UploadPart; a part sent again replaces the earlier one. */
export function uploadPart(call: Call): Answer {
  const number = readPartNumber(call);
  const { upload } = findUpload(call);
  const checksum = readPartChecksum(call, upload);
  checkBodyDigests(call.headers, call.body);
  const etag = etagOf(call.body);
  upload.parts.set(number, { body: call.body, etag, checksum });
  const echo =
    checksum === null ? {} : { [`x-amz-checksum-${upload.checksumAlgorithm?.toLowerCase()}`]: checksum };
  return emptyAnswer(200, { etag, ...encryptionHeaders(upload.headers), ...echo });
}

/** AbortMultipartUpload. */
export function abortUpload(call: Call): Answer {
  call.bucket.uploads.delete(findUpload(call).uploadId);
  return emptyAnswer(204);
}
