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
  storage_not_s3: code(
    400,
    false,
    'What answers at the endpoint is no S3 storage.',
    'Check the endpoint: it is that of the S3 API, not of a console or a website.',
  ),
  storage_class_unsupported: code(
    400,
    false,
    'The storage does not have this storage class.',
    'Choose a storage class that the provider offers, or none.',
  ),
  storage_clock_skewed: code(
    400,
    false,
    'The clocks of the storage and of this service differ by more than 15 minutes.',
    'Set the clock of the storage server by NTP; if it is right, the operator has to set that of this service.',
  ),
  storage_object_exists: code(
    409,
    false,
    'An object with this name is in the bucket already.',
    'Choose another storagePath or storageFilename, or set storageConflict to "rename" or "overwrite".',
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

  // Stores of files that were imported before
  import_not_completed: code(
    409,
    false,
    'The import has stored no file.',
    'Only a completed import can be stored elsewhere; wait for it, or import again.',
  ),
  store_in_progress: code(
    409,
    true,
    'The import is just being stored in this destination.',
    'Wait for the job that the error names, or cancel it.',
  ),
  source_copy_gone: code(
    404,
    false,
    'No copy of the file can be read any more.',
    'The service has deleted its copy, and no destination that has the file is known to permit s3:GetObject; import it again.',
  ),
  source_copy_changed: code(
    409,
    false,
    'The stored copy is no longer the file that was imported.',
    'Somebody has replaced the object; import it again.',
  ),
} as const satisfies Record<string, CodeEntry>;
