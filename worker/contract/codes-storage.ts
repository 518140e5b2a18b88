/** Codes of storage. */
import { code, type CodeEntry } from './code-entry.ts';

export const STORAGE_CODES = {
  // Storage
  storage_access_denied: code(
    403,
    false,
    'The bucket refused the upload.',
    'Grant s3:PutObject on the bucket to these credentials.',
  ),
  storage_credentials_invalid: code(
    403,
    false,
    'The storage does not accept the credentials.',
    'Check the access key id and the secret access key.',
  ),
  storage_bucket_not_found: code(
    404,
    false,
    'The bucket does not exist.',
    'Bucket names are case-sensitive and belong to one region.',
  ),
  storage_region_mismatch: code(
    400,
    false,
    'The bucket is in another region.',
    'Set the region of the bucket.',
  ),
  storage_rejected: code(
    400,
    false,
    'The storage refused the request.',
    'Check the settings against what the provider supports.',
  ),
  storage_address_forbidden: code(
    400,
    false,
    'The endpoint is on an address that may not be reached.',
    'Use a public https endpoint, or have the operator allow it in EGRESS_ALLOW.',
  ),
  storage_unreachable: code(
    502,
    true,
    'The storage could not be reached.',
    'Check the endpoint URL; the upload is tried again by itself.',
  ),
  storage_unavailable: code(
    503,
    true,
    'The storage is not available at the moment.',
    'It is tried again by itself.',
  ),
  storage_digest_mismatch: code(
    502,
    true,
    'The storage received other bytes than were sent.',
    'It is tried again by itself.',
  ),
  storage_upload_lost: code(
    502,
    true,
    'The storage no longer knows the upload.',
    'It is uploaded again by itself.',
  ),
  storage_credentials_unreadable: code(
    500,
    false,
    'The saved credentials can no longer be decrypted.',
    'Save the credentials again, or restore the key in CREDENTIAL_KEYS.',
  ),
} as const satisfies Record<string, CodeEntry>;
