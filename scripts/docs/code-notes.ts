/** Usual causes of error codes, for docs/troubleshooting.md. Messages and hints come from the code table. */
import type { Code } from '../../worker/contract/codes.ts';

/** Markdown paragraphs by code. A code without usual causes has no entry. */
export const CODE_NOTES: Partial<Record<Code, string>> = {
  storage_not_configured:
    'A request that needs settings gets this code. An import with `"store": true` does not fail: its file stays in service storage, with this code as `storage.reason`.',
  destination_not_found:
    'The destination is part of the URL of the request. An unknown `storageDestination` in the body is an `invalid_request` that lists the valid names.',
  storage_bucket_not_allowed:
    'The import was accepted before `allowedBuckets` changed. A new request for such a bucket is an `invalid_request`.',
  storage_access_denied: [
    'The provider knows the credentials, but denies the action. Usual causes, the most likely first: the policy lacks `s3:PutObject` for `arn:aws:s3:::BUCKET/*` (with the `/*`), or names another bucket; a setting needs a further permission (`acl`: `s3:PutObjectAcl`, `tags`: `s3:PutObjectTagging`, `aws:kms`: `kms:GenerateDataKey` and `kms:Decrypt` on the key), which the error names; a bucket policy denies the action; `expectedBucketOwner` is not the account of the bucket.',
    'If a bucket with this name belongs to another account, the answer is the same.',
  ].join('\n\n'),
  storage_credentials_invalid:
    'The key no longer exists, belongs to another provider, or the secret does not match it (the last character is missing, or it belongs to another key). Expired session credentials get the same answer. The service removes spaces and line breaks around a pasted key.',
  storage_bucket_not_found:
    'Check the spelling and the case of the name, and that `endpoint` is the provider and region of the bucket.',
  storage_region_mismatch:
    'The service corrects a wrong region from the answer of the provider, remembers it and reports a warning. This code appears if the answer names no other region.',
  storage_rejected:
    'A refusal without its own code. The error contains the status and the short code of the provider. The usual cause is a setting that the provider does not support.',
  storage_not_s3:
    'A web page, a redirect or another program answered. The usual cause is the address of a console, a CDN or a website endpoint (`s3-website-…`) as `endpoint`. The service never follows redirects.',
  storage_class_unsupported:
    'For known providers, the service refuses such a class in settings and requests and lists the available classes. See [provider notes](providers/README.md).',
  storage_clock_skewed:
    'Signatures contain the time. S3 refuses a signature if its time differs by more than 15 minutes.',
  storage_object_exists: 'This happens only with `"storageConflict": "fail"`. Nothing was overwritten.',
  storage_address_forbidden:
    'The endpoint is a private, loopback or otherwise reserved address, or a host name that exists only in a network. If service and storage are in the same network, the operator can allow the address, for example with `EGRESS_ALLOW=storage:10.0.0.5:9000`.',
  storage_unreachable:
    'The name does not resolve to a public address, the port is closed, or TLS failed. If the certificate does not match a host name that starts with the bucket, set `"addressing": "path"`. A name that resolves only to private addresses is reported like a name that does not exist; the operator can allow it with `EGRESS_ALLOW`.',
  storage_unavailable:
    'The provider answered 429 or 5xx or was too slow, and the retries of the upload did not help. The file is in service storage; the service retries automatically.',
  storage_digest_mismatch:
    'A byte changed during the transfer. The part is sent again; corrupted bytes are never stored.',
  storage_upload_lost:
    'Somebody else aborted the upload, or a lifecycle rule of the bucket is shorter than an import: see [unfinished uploads](lifecycle.md).',
  storage_credentials_unreadable:
    'The key that encrypted them is no longer in `CREDENTIAL_KEYS`: see [encryption](encryption.md). Other destinations are not affected.',
  source_copy_gone:
    'A store job reads the copy of the service until its retention ends, or a bucket of yours whose test could read an object back. Grant `s3:GetObject`, run the test of that destination, and store the file again.',
  downloader_disk_full:
    'Media of pages needs disk space for all parts and for the merged file. While the disk stays full, a downloader takes no jobs for a minute, so another one can take the job. When several imports fill the disk together, only the one whose files take most fails. If the code is frequent, give the downloader more disk space (`WORK_DIR`), or lower `JOBS_PER_SLOT`.',
  source_crashes_downloader:
    'Attempts of this import ended with their downloader (`downloader_lost`) or because memory ran out (`downloader_out_of_memory`): first beside other imports, which were repeated, then alone in a slot that was reserved for it. If a single source does this, its file is the cause: please report it. If many do, look at the log and the memory of the downloaders.',
  downloader_out_of_memory:
    'The system ended yt-dlp or ffmpeg. Other jobs of the downloader continue. If the code is frequent, give the downloader more memory, or lower `JOBS_PER_SLOT`.',
  import_not_completed: 'An import that failed or was canceled has no file.',
};
