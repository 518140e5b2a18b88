/** The part of docs/troubleshooting.md that begins with what somebody sees, not with a code. */
export const SYMPTOMS = `## Where to begin

\`\`\`
curl -X POST "$URL/storage/test" -H "Authorization: Bearer $API_KEY"
\`\`\`

tests the saved settings of the default destination: it stores a small object with the very headers of an import, and says check by check what
stands in the way. [Test Connection](storage.md#test-connection) lists the checks.

| what you see | what to look at |
|---|---|
| the test fails at \`address\`, \`dns\`, \`tls\` or \`endpoint\` | the endpoint: [\`storage_unreachable\`](#storage_unreachable), [\`storage_not_s3\`](#storage_not_s3), [\`storage_address_forbidden\`](#storage_address_forbidden) |
| it fails at \`credentials\` | [\`storage_credentials_invalid\`](#storage_credentials_invalid) |
| it fails at \`bucket\` | [\`storage_bucket_not_found\`](#storage_bucket_not_found) |
| it warns at \`region\` | set the region that it names; imports use the right one already |
| it fails at \`write\` or \`multipart\` | the policy: [\`storage_access_denied\`](#storage_access_denied); or a setting: [\`storage_class_unsupported\`](#storage_class_unsupported), [\`storage_rejected\`](#storage_rejected) |
| it fails at \`clock\` | [\`storage_clock_skewed\`](#storage_clock_skewed) |
| it warns at \`abort\` | [unfinished uploads](lifecycle.md) |
| it warns at \`visitors\` or \`cors\` | [public files, CDNs and browsers](cdn.md) |
| \`storage.status\` is \`fallback\` | \`storage.error\` says why; the file follows [by itself](storage.md#when-the-bucket-does-not-take-a-file) once that is corrected |
| \`storage.status\` is \`service\` with a \`reason\` | \`"store": true\` without settings: [\`storage_not_configured\`](#storage_not_configured) |
| the import has \`warnings\` | a setting that the provider does not take, a region that was corrected, or an upload that could not be aborted |
| the file is stored, and its URL answers 403 | the bucket is private: [public files, CDNs and browsers](cdn.md) |
| a page cannot load the file, though the URL opens | [CORS](cdn.md#cors) |`;
