/** S3 error codes (`<Code>` of an error answer) and what each one means here. Worker and downloader share the table. */
import type { Code } from './codes.ts';

/** As AWS documents them ("Error responses") and compatible servers use them. */
const CODES_BY_S3_CODE = new Map<string, Code>([
  ['AccessDenied', 'storage_access_denied'],
  ['AllAccessDisabled', 'storage_access_denied'],
  ['AccountProblem', 'storage_access_denied'],
  ['InvalidAccessKeyId', 'storage_credentials_invalid'],
  ['SignatureDoesNotMatch', 'storage_credentials_invalid'],
  ['ExpiredToken', 'storage_credentials_invalid'],
  ['InvalidToken', 'storage_credentials_invalid'],
  // R2 answers this for access keys that it does not know.
  ['Unauthorized', 'storage_credentials_invalid'],
  ['NoSuchBucket', 'storage_bucket_not_found'],
  ['InvalidBucketName', 'storage_bucket_not_found'],
  ['PermanentRedirect', 'storage_region_mismatch'],
  ['TemporaryRedirect', 'storage_region_mismatch'],
  ['AuthorizationHeaderMalformed', 'storage_region_mismatch'],
  ['IllegalLocationConstraintException', 'storage_region_mismatch'],
  ['InvalidRegionName', 'storage_region_mismatch'],
  ['InvalidStorageClass', 'storage_class_unsupported'],
  ['RequestTimeTooSkewed', 'storage_clock_skewed'],
  ['PreconditionFailed', 'storage_object_exists'],
  // Another request wrote the same key at the same time. S3 tells clients to start the upload again.
  ['ConditionalRequestConflict', 'storage_upload_lost'],
  ['NoSuchUpload', 'storage_upload_lost'],
  ['InvalidPart', 'storage_upload_lost'],
  ['BadDigest', 'storage_digest_mismatch'],
  ['IncompleteBody', 'storage_digest_mismatch'],
  ['InvalidDigest', 'storage_digest_mismatch'],
  ['XAmzContentSHA256Mismatch', 'storage_digest_mismatch'],
  ['XAmzContentChecksumMismatch', 'storage_digest_mismatch'],
  ['ExpiredRequest', 'storage_unavailable'],
  ['InternalError', 'storage_unavailable'],
  ['OperationAborted', 'storage_unavailable'],
  ['RequestTimeout', 'storage_unavailable'],
  ['ServiceUnavailable', 'storage_unavailable'],
  ['SlowDown', 'storage_unavailable'],
]);

/** The code that an S3 error code means; undefined when the table does not have it, and the HTTP status must decide. */
export function codeOfS3Code(s3Code: string | undefined): Code | undefined {
  return s3Code === undefined ? undefined : CODES_BY_S3_CODE.get(s3Code);
}
