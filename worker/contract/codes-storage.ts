/** Codes of storage. */
import { code, UPLOADS_RETRIED, type CodeEntry } from './code-entry.ts';

export const STORAGE_CODES = {
  // Storage
  storage_access_denied: code(
    403,
    false,
    'The bucket denied the upload.',
    'Grant s3:PutObject on the bucket to these credentials.',
  ),
  storage_credentials_invalid: code(
    403,
    false,
    'The storage does not accept the credentials.',
    'Check the access key ID and the secret access key.',
  ),
  storage_bucket_not_found: code(
    404,
    false,
    'The bucket does not exist.',
    'Check the name and the region. Bucket names are case-sensitive, and a bucket belongs to one region.',
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
    'The storage rejected the request.',
    'Check that the provider supports the settings.',
  ),
  storage_not_s3: code(
    400,
    false,
    'The endpoint is not an S3 API.',
    'Enter the endpoint of the S3 API, not the address of a console or a website.',
  ),
  storage_class_unsupported: code(
    400,
    false,
    'The storage does not support this storage class.',
    'Choose a storage class that the provider supports, or omit it.',
  ),
  storage_clock_skewed: code(
    400,
    false,
    'The clocks of the storage and of this service differ by more than 15 minutes.',
    'Synchronize the clock of the storage server with NTP. If that clock is correct, the operator must correct the clock of this service.',
  ),
  storage_object_exists: code(
    409,
    false,
    'An object with this name already exists in the bucket.',
    'Choose another storagePath or storageFilename, or set storageConflict to "rename" or "overwrite".',
  ),
  storage_address_forbidden: code(
    400,
    false,
    'The address of the endpoint is not allowed.',
    'Use a public https endpoint, or ask the operator to allow the host with EGRESS_ALLOW.',
  ),
  storage_unreachable: code(
    502,
    true,
    'The storage could not be reached.',
    `Check the endpoint URL. ${UPLOADS_RETRIED}`,
  ),
  storage_unavailable: code(503, true, 'The storage is temporarily unavailable.', UPLOADS_RETRIED),
  storage_digest_mismatch: code(
    502,
    true,
    'The bytes that the storage received do not match their digest.',
    UPLOADS_RETRIED,
  ),
  storage_upload_lost: code(502, true, 'The upload no longer exists in the storage.', UPLOADS_RETRIED),
  storage_credentials_unreadable: code(
    500,
    false,
    'The saved credentials can no longer be decrypted.',
    'Save the credentials again, or restore their key in CREDENTIAL_KEYS.',
  ),

  // Storing files of earlier imports
  import_not_completed: code(
    409,
    false,
    'The import has not stored a file.',
    'Only a completed import can be stored elsewhere. Wait until it completes, or import again.',
  ),
  store_in_progress: code(
    409,
    true,
    'The import is already being stored in this destination.',
    'Wait for the job that the error names, or cancel it.',
  ),
  source_copy_gone: code(
    404,
    false,
    'No readable copy of the file exists.',
    'The service deleted its copy, and no destination that has the file is known to allow s3:GetObject. Import the file again.',
  ),
  source_copy_changed: code(
    409,
    false,
    'The stored copy differs from the file that was imported.',
    'The object was replaced. Import the file again.',
  ),
} as const satisfies Record<string, CodeEntry>;
