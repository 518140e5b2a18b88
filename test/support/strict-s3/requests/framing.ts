/** Checks how the body of a request is delimited, and reads it. */
import type { IncomingMessage } from 'node:http';
import type { Operation } from './request-record.ts';
import type { Profile } from '../profiles/profiles.ts';
import { S3Error } from '../s3-error.ts';
import { UNSIGNED_PAYLOAD } from '../signing/sigv4.ts';
import { UNSIGNED_TRAILER } from './trailing-checksum.ts';
import type { WireRequest } from './wire-request.ts';

/** Largest single body, in bytes: 5 GiB (S3, "Amazon S3 multipart upload limits"). */
const MAX_BODY_BYTES = 5 * 1024 ** 3;

function checkLength(request: WireRequest, operation: Operation, profile: Profile): void {
  const length = request.headers.get('content-length');
  const isUpload = operation === 'PutObject' || operation === 'UploadPart';
  const isCreate = operation === 'CreateMultipartUpload' && profile.needsLengthOnCreate;
  if (length === undefined && (isUpload || isCreate)) throw new S3Error('MissingContentLength');
  if (Number(length ?? 0) <= MAX_BODY_BYTES) return;
  throw new S3Error('EntityTooLarge', { detail: { MaxSizeAllowed: String(MAX_BODY_BYTES) } });
}

function checkPayloadForm(request: WireRequest, payloadHash: string, profile: Profile): void {
  const isChunked = request.headers.get('content-encoding')?.includes('aws-chunked') ?? false;
  if (isChunked && payloadHash === UNSIGNED_TRAILER && profile.takesTrailers) return;
  if (isChunked || payloadHash.startsWith('STREAMING-')) {
    throw new S3Error(profile.chunkedRefusal, {
      message: 'Chunked signatures (aws-chunked) are not supported here.',
    });
  }
  if (payloadHash === UNSIGNED_PAYLOAD || /^[0-9a-f]{64}$/.test(payloadHash)) return;
  throw new S3Error('InvalidArgument', {
    message: 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value.',
  });
}

/** Refuses bodies without a length, above 5 GiB, and with signed chunks. */
export function checkFraming(
  request: WireRequest,
  operation: Operation,
  payloadHash: string,
  profile: Profile,
): void {
  checkPayloadForm(request, payloadHash, profile);
  checkLength(request, operation, profile);
}

/** The whole body. Rejects when the client disconnects before the end. */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
