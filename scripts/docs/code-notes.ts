/** What the code table leaves unsaid of a code: where it usually comes from. The sentences and hints themselves are the table's. */
import type { Code } from '../../worker/contract/codes.ts';

/** Paragraphs of Markdown for docs/troubleshooting.md. */
export const CODE_NOTES: Partial<Record<Code, string>> = {
  storage_not_configured:
    'The answer to a request that needs settings. An import with `"store": true` does not fail for it: its file stays in service storage, with this code as `storage.reason`.',
  destination_not_found:
    'In the address of a request. A `storageDestination` in its body that does not exist is `invalid_request`, with the names that do.',
  storage_bucket_not_allowed:
    'For an import that was accepted before `allowedBuckets` was changed. A new request for such a bucket is `invalid_request` at once.',
  storage_access_denied: [
    'The credentials are known, and may not do this. In order of likelihood: the policy lacks `s3:PutObject` for `arn:aws:s3:::BUCKET/*` (with the `/*`), or names another bucket; a setting needs a further right (`acl`: `s3:PutObjectAcl`, `tags`: `s3:PutObjectTagging`, `aws:kms`: `kms:GenerateDataKey` and `kms:Decrypt` on the key), which the error then names; a bucket policy denies it; `expectedBucketOwner` is not the account of the bucket.',
    'A bucket of that name which belongs to somebody else answers in the same way.',
  ].join('\n\n'),
  storage_credentials_invalid:
    'The key does not exist any more, belongs to another provider, or the secret is not its own (copied without its last character, or of another key). Session credentials that have expired are refused in the same way. Blanks and line ends around a pasted key are removed when it is saved.',
  storage_bucket_not_found:
    'Check the spelling, the capitals, and that `endpoint` is the provider and region in which the bucket was made.',
  storage_region_mismatch:
    'A wrong region is corrected from the answer of the provider, remembered and told as a warning; this code remains where the answer names no other region.',
  storage_rejected:
    'A refusal that has no code of its own; the error carries the status and the short code of the provider. A setting that the provider does not have is the usual reason.',
  storage_not_s3:
    'A web page, a redirect or another program answered. Usual reasons: the address of a console, of a CDN or of a website endpoint (`s3-website-…`) was set as `endpoint`. Redirects are never followed.',
  storage_class_unsupported:
    'For a provider that the service knows, such a class is refused in the settings and in requests already, with the list of those it has. See [provider notes](providers/README.md).',
  storage_clock_skewed: 'Signatures hold the time; S3 refuses them when it differs by more than 15 minutes.',
  storage_object_exists:
    'Only with `"storageConflict": "fail"`: the import fails, and nothing was overwritten.',
  storage_address_forbidden:
    'The endpoint resolves to a private, loopback or otherwise reserved address. The operator of a service on the same network as its storage allows it, for instance `EGRESS_ALLOW=storage:10.0.0.5:9000`.',
  storage_unreachable:
    'No connection: the name does not resolve, the port is closed, or TLS failed (a certificate that does not name the host, often with a bucket in front of it: `"addressing": "path"` keeps it out).',
  storage_unavailable:
    'The provider answered 429 or 5xx, or was too slow, for longer than one upload is repeated. The file is then in service storage and follows by itself.',
  storage_digest_mismatch: 'A byte changed on the way. The part is sent again; nothing wrong is kept.',
  storage_upload_lost:
    'Aborted by somebody else, or by a lifecycle rule of the bucket that is shorter than an import: see [unfinished uploads](lifecycle.md).',
  storage_credentials_unreadable:
    'The key that sealed them is no longer in `CREDENTIAL_KEYS`: see [encryption](encryption.md). Other destinations are not affected.',
  source_copy_gone:
    'A store job reads the copy of the service, until its retention ends, or a bucket of yours whose test could read an object back. Grant `s3:GetObject`, run the test of that destination, and store again.',
  import_not_completed: 'An import that failed or was canceled has no file.',
};
