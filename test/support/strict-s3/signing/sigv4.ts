/**
 * AWS Signature Version 4 for S3, written from AWS's own description ("Signature Calculations for the
 * Authorization Header") with node:crypto alone, so that it can judge what another library signed.
 */
import { createHash, createHmac } from 'node:crypto';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

export type SigningScope = { date: string; region: string; service: string };

export type CanonicalInput = {
  method: string;
  /** Percent-decoded path: S3 encodes it exactly once. */
  path: string;
  queryPairs: readonly (readonly [string, string])[];
  headers: ReadonlyMap<string, string>;
  signedHeaders: readonly string[];
  payloadHash: string;
};

/** SHA-256 as lower-case hex. */
export function sha256Hex(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** AWS's UriEncode: everything but A-Z a-z 0-9 - . _ ~ as upper-case %XY of its UTF-8 bytes. */
function uriEncode(text: string): string {
  const escaped = encodeURIComponent(text);
  return escaped.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function byteOrder(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function canonicalQuery(pairs: CanonicalInput['queryPairs']): string {
  return pairs
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => byteOrder(a, b) || byteOrder(x, y))
    .map((pair) => pair.join('='))
    .join('&');
}

/** The canonical request: six fields joined by line feeds. */
export function canonicalRequest(input: CanonicalInput): string {
  const names = [...input.signedHeaders].sort(byteOrder);
  const lines = names.map(
    (name) => `${name}:${(input.headers.get(name) ?? '').trim().replace(/\s+/g, ' ')}\n`,
  );
  return [
    input.method,
    uriEncode(input.path).replaceAll('%2F', '/'),
    canonicalQuery(input.queryPairs),
    lines.join(''),
    names.join(';'),
    input.payloadHash,
  ].join('\n');
}

/** What is signed: algorithm, time, scope and the hash of the canonical request. */
export function stringToSign(timestamp: string, scope: SigningScope, canonical: string): string {
  const scopeText = [scope.date, scope.region, scope.service, 'aws4_request'].join('/');
  return [ALGORITHM, timestamp, scopeText, sha256Hex(canonical)].join('\n');
}

/** The signature in hex, by the key derived from secret, date, region and service. */
export function signature(secretAccessKey: string, scope: SigningScope, text: string): string {
  const steps = [scope.date, scope.region, scope.service, 'aws4_request', text];
  let key: Buffer | string = `AWS4${secretAccessKey}`;
  for (const step of steps) key = createHmac('sha256', key).update(step).digest();
  return Buffer.from(key).toString('hex');
}
