/** Checks all parts of a signature, and refuses wrong ones with the error that S3 sends. */
import type { Account } from './account.ts';
import { readClaim, type Claim } from './claim.ts';
import { S3Error } from '../s3-error.ts';
import { canonicalRequest, signature, stringToSign } from './sigv4.ts';
import type { WireRequest } from '../requests/wire-request.ts';

/** Clocks may differ by 15 minutes (S3, "RequestTimeTooSkewed"). */
const MAX_SKEW_MS = 900_000;

export type Verifier = {
  accounts: readonly Account[];
  nowMs: number;
  /** Throws when a signature for that region does not fit the bucket. */
  checkRegion: (region: string, way: Claim['way']) => void;
  rewritesAcceptEncoding: boolean;
};

export type Principal = { account: Account; way: Claim['way']; payloadHash: string };

function parseTimestamp(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) {
    throw new S3Error('AccessDenied', {
      message: 'AWS authentication requires a valid Date or x-amz-date header',
    });
  }
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function malformed(way: Claim['way'], message: string): S3Error {
  const code = way === 'header' ? 'AuthorizationHeaderMalformed' : 'AuthorizationQueryParametersError';
  return new S3Error(code, { message });
}

function checkScope(claim: Claim): void {
  if (claim.scope.service !== 's3')
    throw malformed(claim.way, 'Incorrect service: this endpoint belongs to "s3".');
  if (claim.scope.date !== claim.timestamp.slice(0, 8)) {
    throw malformed(
      claim.way,
      `Invalid credential date "${claim.scope.date}". This date is not the same as X-Amz-Date.`,
    );
  }
}

function checkTime(claim: Claim, nowMs: number): void {
  const signedAtMs = parseTimestamp(claim.timestamp);
  if (claim.expiresSeconds === null) {
    if (Math.abs(nowMs - signedAtMs) <= MAX_SKEW_MS) return;
    const ServerTime = new Date(nowMs).toISOString();
    const detail = {
      RequestTime: claim.timestamp,
      ServerTime,
      MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
    };
    throw new S3Error('RequestTimeTooSkewed', { detail });
  }
  if (signedAtMs - nowMs > MAX_SKEW_MS)
    throw new S3Error('AccessDenied', { message: 'Request is not valid yet' });
  if (nowMs > signedAtMs + claim.expiresSeconds * 1000) {
    const detail = {
      'X-Amz-Expires': String(claim.expiresSeconds),
      ServerTime: new Date(nowMs).toISOString(),
    };
    throw new S3Error('AccessDenied', { message: 'Request has expired', detail });
  }
}

/** AWS requires that host and every x-amz-* header are signed. It documents the same for content-type, but does not check it. */
function checkSignedHeaders(request: WireRequest, claim: Claim): void {
  const sent = [...request.headers.keys()].filter((name) => name.startsWith('x-amz-'));
  const missing = ['host', ...sent].filter((name) => !claim.signedHeaders.includes(name));
  if (missing.length === 0) return;
  const message = 'There were headers present in the request which were not signed';
  throw new S3Error('AccessDenied', { message, detail: { HeadersNotSigned: missing.join(', ') } });
}

function checkSignature(request: WireRequest, claim: Claim, account: Account, verifier: Verifier): void {
  const headers = new Map(request.headers);
  if (verifier.rewritesAcceptEncoding && headers.has('accept-encoding'))
    headers.set('accept-encoding', 'gzip(gfe)');
  const { signedHeaders, payloadHash, scope, timestamp } = claim;
  const canonical = canonicalRequest({ ...request, headers, signedHeaders, payloadHash });
  const text = stringToSign(timestamp, scope, canonical);
  if (signature(account.secretAccessKey, scope, text) === claim.signature) return;
  const detail = { AWSAccessKeyId: account.accessKeyId, StringToSign: text, CanonicalRequest: canonical };
  throw new S3Error('SignatureDoesNotMatch', { detail });
}

/** The account that signed the request; null for an anonymous visitor. Throws the S3Error that S3 would send. */
export function authenticate(request: WireRequest, verifier: Verifier): Principal | null {
  const claim = readClaim(request);
  if (!claim) return null;
  checkScope(claim);
  verifier.checkRegion(claim.scope.region, claim.way);
  const account = verifier.accounts.find((known) => known.accessKeyId === claim.accessKeyId);
  if (!account) throw new S3Error('InvalidAccessKeyId', { detail: { AWSAccessKeyId: claim.accessKeyId } });
  checkTime(claim, verifier.nowMs);
  checkSignature(request, claim, account, verifier);
  checkSignedHeaders(request, claim);
  if ((account.sessionToken ?? null) !== claim.securityToken) throw new S3Error('InvalidToken');
  return { account, way: claim.way, payloadHash: claim.payloadHash };
}
