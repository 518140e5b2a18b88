/** What a storage's refusal means. Pure; of a foreign body only its <Code> is looked at. */
import type { Code } from '../../worker/contract/codes.ts';
import { FailureCode } from '../../worker/contract/failure.ts';
import { JobFailure } from '../job-failure.ts';

/** S3 error codes, by the names that AWS documents and the compatible servers share. */
const S3_CODES: Record<string, Code> = {
  AccessDenied: 'storage_access_denied',
  AllAccessDisabled: 'storage_access_denied',
  InvalidAccessKeyId: 'storage_credentials_invalid',
  SignatureDoesNotMatch: 'storage_credentials_invalid',
  InvalidToken: 'storage_credentials_invalid',
  NoSuchBucket: 'storage_bucket_not_found',
  PermanentRedirect: 'storage_region_mismatch',
  TemporaryRedirect: 'storage_region_mismatch',
  AuthorizationHeaderMalformed: 'storage_region_mismatch',
  NoSuchUpload: 'storage_upload_lost',
  BadDigest: 'storage_digest_mismatch',
  XAmzContentSHA256Mismatch: 'storage_digest_mismatch',
  XAmzContentChecksumMismatch: 'storage_digest_mismatch',
  IncompleteBody: 'storage_digest_mismatch',
  InvalidStorageClass: 'storage_class_unsupported',
  PreconditionFailed: 'storage_object_exists',
  ConditionalRequestConflict: 'storage_unavailable',
  RequestTimeout: 'storage_unavailable',
  RequestTimeTooSkewed: 'storage_clock_skewed',
  ExpiredToken: 'storage_credentials_invalid',
  ExpiredRequest: 'storage_unavailable',
  SlowDown: 'storage_unavailable',
  OperationAborted: 'storage_unavailable',
};

/** The failure that an answer to a part means. `body` is its first bytes as text: S3's XML, or the Worker's JSON. */
export function failureOfStorageAnswer(status: number, body: string): JobFailure {
  const own = ownCode(body);
  if (own === 'digest_mismatch') return new JobFailure('storage_digest_mismatch', `HTTP ${status}`);
  if (own === 'cancel_requested') return new JobFailure('canceled');
  if (own && own !== 'internal_error') return new JobFailure(own);
  const name = /<Code>([A-Za-z0-9._-]{1,64})<\/Code>/.exec(body)?.[1];
  // The end of a signature has no code of its own on most servers.
  if (status === 403 && /<Message>Request has expired/i.test(body))
    return new JobFailure('storage_unavailable', 'the signature had expired');
  return new JobFailure(
    (name && S3_CODES[name]) || codeOfStatus(status),
    name ? `HTTP ${status} ${name}` : `HTTP ${status}`,
  );
}

function codeOfStatus(status: number): Code {
  if (status >= 500 || status === 429 || status === 408) return 'storage_unavailable';
  if (status === 403 || status === 401) return 'storage_access_denied';
  if (status >= 300 && status < 400) return 'storage_region_mismatch';
  return 'storage_rejected';
}

/** The `code` of the Worker's own error envelope; null for any other body. */
export function ownCode(body: string): Code | null {
  if (!body.startsWith('{')) return null;
  try {
    const { code } = JSON.parse(body) as { code?: unknown };
    return FailureCode.safeParse(code).data ?? null;
  } catch {
    return null;
  }
}

/** What passes by itself: worth all tries. */
const PASSING: readonly Code[] = ['storage_unavailable', 'storage_unreachable', 'storage_digest_mismatch'];
/** What a fresh signature cures when the old one was late, or made with keys that have been replaced meanwhile: worth one. */
const CURED_BY_SIGNING: readonly Code[] = ['storage_credentials_invalid', 'storage_clock_skewed'];

/** True when the same part may be accepted with a fresh signature. `tries` is how often it was sent. */
export function mayTryPartAgain({ failure: { code } }: JobFailure, tries: number): boolean {
  return PASSING.includes(code) || (tries === 1 && CURED_BY_SIGNING.includes(code));
}
