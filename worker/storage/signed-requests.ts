/** Requests that the downloader may send to a customer's bucket: one part each, of one length, with one digest. */
import { AwsV4Signer } from 'aws4fetch';
import type { PartToSign, SignedRequest } from '../contract/upload-plan.ts';
import { amzDate } from './s3-client.ts';
import { UPLOAD_HEADER } from './s3-site.ts';
import { objectUrl, type S3Target } from './s3-target.ts';

/** Servers accept a header-signed request this long after its date (SigV4), in milliseconds; a minute is left for clocks. */
const HEADER_SIGNED_MS = 14 * 60_000;

interface Part {
  key: string;
  part: PartToSign;
  /** Unix milliseconds. */
  now: number;
}

/** A part of a multipart upload. It may outlive its attempt: whoever sends it then fills an upload that nobody completes. */
export async function signedPart(
  target: S3Target,
  { key, uploadId, part, now }: Part & { uploadId: string },
): Promise<SignedRequest> {
  const query = { partNumber: `${part.number}`, uploadId };
  const signer = new AwsV4Signer({
    ...signerOptions(target, now),
    url: objectUrl(target, key, query),
    headers: { 'content-length': `${part.sizeBytes}`, ...digestHeaders(target, part) },
  });
  return toRequest(await signer.sign(), part, now + HEADER_SIGNED_MS);
}

/**
 * A whole small object, for targets whose digest is a header. Nothing completes such a PUT under the fence, so the
 * signature itself ends with the lease: a takeover begins after it.
 */
export async function signedPut(
  target: S3Target,
  { key, part, now, ...object }: Part & { placementId: string; contentType: string; leaseUntil: number },
): Promise<SignedRequest> {
  const seconds = Math.max(1, Math.floor((object.leaseUntil - now) / 1000));
  const signer = new AwsV4Signer({
    ...signerOptions(target, now),
    url: objectUrl(target, key, { 'X-Amz-Expires': `${seconds}` }),
    headers: {
      'content-length': `${part.sizeBytes}`,
      'content-type': object.contentType,
      [UPLOAD_HEADER]: object.placementId,
      ...digestHeaders(target, part),
    },
    signQuery: true,
  });
  return toRequest(await signer.sign(), part, now + seconds * 1000);
}

/** CRC-32 is checked as a header of S3's own; SHA-256 as the payload hash, which is part of every SigV4 signature. */
function digestHeaders({ profile }: S3Target, { digest }: PartToSign): Record<string, string> {
  return profile.digest === 'crc32'
    ? { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'x-amz-checksum-crc32': digest }
    : { 'x-amz-content-sha256': digest };
}

/** All headers are signed: length and type too, which aws4fetch leaves out by itself. */
function signerOptions({ region, accessKeyId, secretAccessKey }: S3Target, now: number) {
  const datetime = amzDate(now);
  return { method: 'PUT', service: 's3', region, accessKeyId, secretAccessKey, datetime, allHeaders: true };
}

function toRequest(
  { url, headers }: { url: URL; headers: Headers },
  { number }: PartToSign,
  expiresAtMs: number,
): SignedRequest {
  const expiresAt = new Date(expiresAtMs).toISOString();
  return { number, method: 'PUT', url: url.href, headers: Object.fromEntries(headers), expiresAt };
}
