/** Codes of requests to the API, and of jobs as such. */
import { code, type CodeEntry } from './code-entry.ts';

export const REQUEST_CODES = {
  // Requests
  invalid_request: code(
    400,
    false,
    'The request is not valid.',
    'Correct the named field and send it again.',
  ),
  request_too_large: code(
    413,
    false,
    'The body of the request is too large.',
    'Send only the documented fields.',
  ),
  unauthorized: code(
    401,
    false,
    'The API key is missing or not valid.',
    'Send "Authorization: Bearer <API key>".',
  ),
  not_found: code(404, false, 'There is nothing at this address.', 'Check the path against /openapi.json.'),
  job_not_found: code(
    404,
    false,
    'No job has this id.',
    'Check the id; jobs are visible to their own workspace only.',
  ),
  job_already_ended: code(409, false, 'The job has already ended.', 'Ended jobs cannot be canceled.'),
  storage_not_configured: code(404, false, 'No S3 storage is configured.', 'Set it with PUT /storage.'),
  destination_not_found: code(
    404,
    false,
    'No destination has this name.',
    'GET /storage/destinations lists those there are.',
  ),
  storage_bucket_not_allowed: code(
    403,
    false,
    'The settings of the destination do not allow this bucket.',
    'Add it to allowedBuckets of the destination, or leave storageBucket out.',
  ),
  media_link_invalid: code(
    403,
    false,
    'The link is not valid or has expired.',
    'Read the status of the import for a fresh link.',
  ),
  media_gone: code(
    404,
    false,
    'The file is no longer stored.',
    'Its retention time has passed; import it again.',
  ),
  range_not_satisfiable: code(
    416,
    false,
    'The requested range lies outside the file.',
    'Ask for bytes inside the size that Content-Range names.',
  ),
  stale: code(
    409,
    false,
    'This attempt is no longer the live one.',
    'Drop the work; another attempt owns the job.',
  ),
  cancel_requested: code(409, false, 'The job is being canceled.', 'Drop the work and report it.'),
  digest_mismatch: code(400, true, 'The bytes received differ from their digest.', 'Send the part again.'),
  internal_error: code(500, true, 'Internal error', 'Try again; if it stays, report the request id.'),

  // Jobs
  job_timeout: code(
    504,
    false,
    'The import took longer than this service allows.',
    'The limit is JOB_TIMEOUT_SECONDS.',
  ),
  downloader_lost: code(
    502,
    true,
    'The downloader stopped in the middle of the import.',
    'It is tried again by itself.',
  ),
  downloader_draining: code(
    503,
    true,
    'The downloader is being restarted.',
    'The import goes on elsewhere by itself.',
  ),
  canceled: code(409, false, 'The import was canceled.', 'Start it again if it is still wanted.'),
} as const satisfies Record<string, CodeEntry>;
