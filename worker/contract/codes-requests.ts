/** Codes of requests to the API, and of jobs as a whole. */
import { code, RETRIED, type CodeEntry } from './code-entry.ts';

export const REQUEST_CODES = {
  // Requests
  invalid_request: code(
    400,
    false,
    'The request is not valid.',
    'Correct the fields that the error names, and send the request again.',
  ),
  request_too_large: code(413, false, 'The request body is too large.', 'Send only the documented fields.'),
  unauthorized: code(
    401,
    false,
    'The API key is missing or not valid.',
    'Send the header "Authorization: Bearer <API key>".',
  ),
  insufficient_scope: code(
    403,
    false,
    'The API key does not have the required scope.',
    'Use an API key with the scope that the error names.',
  ),
  key_address_not_allowed: code(
    403,
    false,
    'The API key does not allow requests from this address.',
    'Send the request from an address in allowedAddresses of the key, or use another key.',
  ),
  operator_only: code(
    403,
    false,
    'Only the operator of this service can do this.',
    'Use an API key of the workspace that npm start or npm run deploy made.',
  ),
  key_grant_exceeded: code(
    403,
    false,
    'A key cannot make a key that may do more than itself.',
    'Correct the fields that the error names, or use a key that has these rights.',
  ),
  key_not_found: code(404, false, 'No API key has this ID.', 'List the keys with GET /keys.'),
  key_ended: code(
    409,
    false,
    'The API key has already ended.',
    'Only a key that is in force and was not replaced can be rotated. Create a new key with POST /keys.',
  ),
  last_admin_key: code(
    409,
    false,
    'This is the last API key with the scope admin.',
    'Create another key with the scope admin first, or rotate this key with "overlapSeconds": 0.',
  ),
  too_many_keys: code(
    409,
    false,
    'The workspace has too many API keys.',
    'Revoke the keys that are no longer used.',
  ),
  queue_full: code(
    429,
    true,
    'Too many jobs of this workspace wait in the queue.',
    'Send the request again when some of them have ended, or cancel some.',
  ),
  idempotency_key_reused: code(
    422,
    false,
    'This Idempotency-Key was used for another request.',
    'Use a new key for each new request. Repeat a request with its key, path and body unchanged.',
  ),
  not_found: code(404, false, 'Nothing exists at this path.', 'Check the path against /openapi.json.'),
  job_not_found: code(
    404,
    false,
    'No job has this ID.',
    'Check the ID. A job is visible only to its own workspace.',
  ),
  job_already_ended: code(
    409,
    false,
    'The job has already ended.',
    'You can cancel only a job that is queued or running.',
  ),
  storage_not_configured: code(
    404,
    false,
    'No S3 storage is configured.',
    'Save the settings with PUT /storage.',
  ),
  destination_not_found: code(
    404,
    false,
    'No destination has this name.',
    'List the destinations with GET /storage/destinations.',
  ),
  storage_bucket_not_allowed: code(
    403,
    false,
    'The settings of the destination do not allow this bucket.',
    'Add the bucket to allowedBuckets of the destination, or omit storageBucket.',
  ),
  webhook_address_forbidden: code(
    400,
    false,
    'The address of the webhook is not allowed.',
    'Use a public https URL, or ask the operator to allow the host with EGRESS_ALLOW.',
  ),
  media_link_invalid: code(
    403,
    false,
    'The link is not valid or has expired.',
    'Get a new link from the status of the import.',
  ),
  media_gone: code(
    404,
    false,
    'The file is no longer stored.',
    'The retention period of the file has ended. Import it again.',
  ),
  range_not_satisfiable: code(
    416,
    false,
    'The requested range is outside the file.',
    'Request bytes within the size that Content-Range states.',
  ),
  stale: code(
    409,
    false,
    'This attempt no longer owns the job.',
    'Stop the work. Another attempt owns the job, or the job has ended.',
  ),
  cancel_requested: code(
    409,
    false,
    'The job is being canceled.',
    'Stop the work, and report the job as canceled.',
  ),
  digest_mismatch: code(400, true, 'The received bytes do not match their digest.', 'Send the part again.'),
  internal_error: code(
    500,
    true,
    'Internal error.',
    'Try again. If the error persists, report the request ID.',
  ),

  // Jobs
  job_timeout: code(
    504,
    false,
    'The import exceeded the time limit of this service.',
    'The operator sets the limit with JOB_TIMEOUT_SECONDS. An import whose downloader stopped twice runs alone, for an hour at most.',
  ),
  downloader_lost: code(502, true, 'The downloader stopped during the import.', RETRIED),
  downloader_disk_full: code(503, true, 'The disk of the downloader is full.', RETRIED),
  downloader_out_of_memory: code(503, true, 'The downloader ran out of memory.', RETRIED),
  downloader_draining: code(
    503,
    true,
    'The downloader is restarting.',
    'The import continues automatically on another downloader.',
  ),
  canceled: code(409, false, 'The import was canceled.', 'Start the import again if you still need it.'),
} as const satisfies Record<string, CodeEntry>;
