/**
 * Signed requests for the downloader, each for one part of fixed length and digest. All headers are signed. By default
 * aws4fetch leaves out length and type, and Spaces ignores an ACL that is not signed.
 */
import { AwsV4Signer } from 'aws4fetch';
import type { PartDigest, PartToSign, SignedRequest } from '../../contract/downloader/upload-plan.ts';
import { chunkedLength, TRAILER_NAME } from '../../contract/encoding/aws-chunked.ts';
import { ownerHeader, signerOptions } from './client.ts';
import { UPLOAD_HEADER } from './object-headers.ts';
import { objectUrl, type S3Target } from './target.ts';

/** How long a header-signed request is used, in milliseconds. SigV4 allows 15 minutes; one is left for clock differences. */
const HEADER_SIGNED_MS = 14 * 60_000;

interface Part {
  key: string;
  part: PartToSign;
  /** In Unix milliseconds. */
  now: number;
}

interface NewObject {
  placementId: string;
  contentType: string;
  /** In Unix milliseconds. */
  leaseUntil: number;
  /** True: the storage refuses the request if the object exists. */
  ifNoneMatch?: boolean;
}

interface PartOfUpload extends Part {
  uploadId: string;
  digest: PartDigest;
}

/** Parts of one multipart upload. The first one derives the signing key that all share. */
export async function signedParts(
  target: S3Target,
  parts: PartToSign[],
  upload: Omit<PartOfUpload, 'part'>,
): Promise<SignedRequest[]> {
  const sign = (part: PartToSign) => signedPart(target, { ...upload, part });
  const [first, ...others] = parts;
  if (!first) return [];
  return [await sign(first), ...(await Promise.all(others.map(sign)))];
}

/** A part of a multipart upload. The request may outlive its attempt, since only the Worker completes uploads. */
export async function signedPart(
  target: S3Target,
  { key, uploadId, part, now, digest }: PartOfUpload,
): Promise<SignedRequest> {
  const query = { partNumber: `${part.number}`, uploadId };
  const signer = new AwsV4Signer({
    ...signerOptions(target, now),
    method: 'PUT',
    allHeaders: true,
    url: objectUrl(target, key, query),
    headers: { ...ownerHeader(target), ...digestHeaders(part, digest) },
  });
  return toRequest(await signer.sign(), part, now + HEADER_SIGNED_MS);
}

/**
 * A whole small object, for targets that check CRC-32. The Worker does not complete such an object, so the signature
 * expires with the lease: the next attempt starts after that.
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

/** CRC-32 has its own header or trailer. SHA-256 is sent as the payload hash, which is part of every SigV4 signature. */
function digestHeaders({ sizeBytes, digest }: PartToSign, kind: PartDigest): Record<string, string> {
  const length = { 'content-length': `${sizeBytes}` };
  switch (kind) {
    case 'sha256':
      return { ...length, 'x-amz-content-sha256': digest };
    case 'crc32':
      return { ...length, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'x-amz-checksum-crc32': digest };
    case 'crc32-trailer':
      return {
        'content-length': `${chunkedLength(sizeBytes)}`,
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': `${sizeBytes}`,
        'x-amz-trailer': TRAILER_NAME,
      };
  }
}

function toRequest(
  { url, headers }: { url: URL; headers: Headers },
  { number }: PartToSign,
  expiresAtMs: number,
): SignedRequest {
  const expiresAt = new Date(expiresAtMs).toISOString();
  return { number, method: 'PUT', url: url.href, headers: Object.fromEntries(headers), expiresAt };
}
