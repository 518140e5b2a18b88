/** The section of docs/troubleshooting.md that starts from symptoms instead of codes. */
export const SYMPTOMS = `## Where to begin

Test the saved settings of the default destination:

\`\`\`
curl -X POST "$URL/storage/test" -H "Authorization: Bearer $API_KEY"
\`\`\`

The test stores a small object with the same headers as an import and reports each check. [Test Connection](storage.md#test-connection) lists the
checks.

| symptom | what to check |
|---|---|
| the test fails at \`address\`, \`dns\`, \`tls\` or \`endpoint\` | the endpoint: [\`storage_unreachable\`](#storage_unreachable), [\`storage_not_s3\`](#storage_not_s3), [\`storage_address_forbidden\`](#storage_address_forbidden) |
| the test fails at \`credentials\` | [\`storage_credentials_invalid\`](#storage_credentials_invalid) |
| the test fails at \`bucket\` | [\`storage_bucket_not_found\`](#storage_bucket_not_found) |
| the test warns at \`region\` | Set the region that the warning names. Imports already use it. |
| the test fails at \`write\` or \`multipart\` | the policy: [\`storage_access_denied\`](#storage_access_denied); or a setting: [\`storage_class_unsupported\`](#storage_class_unsupported), [\`storage_rejected\`](#storage_rejected) |
| the test fails at \`clock\` | [\`storage_clock_skewed\`](#storage_clock_skewed) |
| the test warns at \`abort\` | [unfinished uploads](lifecycle.md) |
| the test warns at \`visitors\` or \`cors\` | [public files, CDNs and browsers](cdn.md) |
| \`storage.status\` is \`fallback\` | \`storage.error\` shows the reason. After you correct it, the service [stores the file automatically](storage.md#when-the-bucket-refuses-a-file). |
| \`storage.status\` is \`service\` with a \`reason\` | \`"store": true\` without settings: [\`storage_not_configured\`](#storage_not_configured) |
| the import has \`warnings\` | a setting that the provider does not support, a corrected region, or an upload that could not be aborted |
| the file is stored, but its URL answers 403 | the bucket is private: [public files, CDNs and browsers](cdn.md) |
| a page cannot load the file, but the URL opens | [CORS](cdn.md#cors) |`;
