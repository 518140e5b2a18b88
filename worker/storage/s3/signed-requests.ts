/**
 * Requests that the downloader may send to a customer's bucket: one part each, of one length, with one digest. All headers
 * are signed: length and type too, which aws4fetch leaves out by itself, and an ACL, which Spaces ignores otherwise.
 */
import { AwsV4Signer } from 'aws4fetch';
import type { PartDigest, PartToSign, SignedRequest } from '../../contract/downloader/upload-plan.ts';
import { ownerHeader, signerOptions } from './client.ts';
import { UPLOAD_HEADER } from './object-headers.ts';
import { objectUrl, type S3Target } from './target.ts';

/** Servers accept a header-signed request this long after its date (SigV4), in milliseconds; a minute is left for clocks. */
const HEADER_SIGNED_MS = 14 * 60_000;

interface Part {
  key: string;
  part: PartToSign;
  /** Unix milliseconds. */
  now: number;
}

interface NewObject {
  placementId: string;
  contentType: string;
  /** Unix milliseconds. */
  leaseUntil: number;
  /** True: refused when there is an object already. */
  ifNoneMatch?: boolean;
}

/** A part of a multipart upload. It may outlive its attempt: whoever sends it then fills an upload that nobody completes. */
export async function signedPart(
  target: S3Target,
  { key, uploadId, part, now, digest }: Part & { uploadId: string; digest: PartDigest },
): Promise<SignedRequest> {
  const query = { partNumber: `${part.number}`, uploadId };
  const signer = new AwsV4Signer({
    ...signerOptions(target, now),
    method: 'PUT',
    allHeaders: true,
    url: objectUrl(target, key, query),
    headers: {
      'content-length': `${part.sizeBytes}`,
      ...ownerHeader(target),
      ...digestHeaders(part, digest),
    },
  });
  return toRequest(await signer.sign(), part, now + HEADER_SIGNED_MS);
}

/**
 * A whole small object, for targets whose digest is a header. Nothing completes such a PUT under the fence, so the
 * signature itself ends with the lease: a takeover begins after it.
 */
export async function signedPut(
  target: S3Target,
  { key, part, now, ...object }: Part & NewObject,
): Promise<SignedRequest> {
  const seconds = Math.max(1, Math.floor((object.leaseUntil - now) / 1000));
  const signer = new AwsV4Signer({
    ...signerOptions(target, now),
    method: 'PUT',
    allHeaders: true,
    url: objectUrl(target, key, { 'X-Amz-Expires': `${seconds}` }),
    headers: {
      'content-length': `${part.sizeBytes}`,
      'content-type': object.contentType,
      ...target.object.sent,
      ...ownerHeader(target),
      ...(object.ifNoneMatch && { 'if-none-match': '*' }),
      [UPLOAD_HEADER]: object.placementId,
      ...digestHeaders(part, 'crc32'),
    },
    signQuery: true,
  });
  return toRequest(await signer.sign(), part, now + seconds * 1000);
}

/** CRC-32 is checked as a header of S3's own; SHA-256 as the payload hash, which is part of every SigV4 signature. */
function digestHeaders(part: PartToSign, digest: PartDigest): Record<string, string> {
  return digest === 'crc32'
    ? { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'x-amz-checksum-crc32': part.digest }
    : { 'x-amz-content-sha256': part.digest };
}

function toRequest(
  { url, headers }: { url: URL; headers: Headers },
  { number }: PartToSign,
  expiresAtMs: number,
): SignedRequest {
  const expiresAt = new Date(expiresAtMs).toISOString();
  return { number, method: 'PUT', url: url.href, headers: Object.fromEntries(headers), expiresAt };
}
