/** The form of a destination: from the typed text to the input of the API, and from saved settings back. Pure. */
import { DestinationInput } from '../../../contract/api/storage/destination-input.ts';
import type { DestinationView } from '../../../contract/api/storage/destination-view.ts';
import { invalidFields } from '../../../errors.ts';
import { toInvalidRequest } from '../../../http/invalid-request.ts';
import type { Typed } from '../../forms.ts';

/** The names that people read, those of the first seven as in the guide. */
export const LABELS = {
  name: 'Name',
  accessKeyId: 'Access Key ID',
  secretAccessKey: 'Secret Access Key',
  bucket: 'Bucket Name',
  region: 'Region',
  endpoint: 'Endpoint',
  defaultPathPrefix: 'Default Path Prefix',
  storageClass: 'Storage Class',
  sessionToken: 'Session Token',
  publicBaseUrl: 'Public Base URL',
  presignedUrlSeconds: 'Link Lifetime',
  acl: 'ACL',
  sse: 'Encryption',
  kmsKeyId: 'KMS Key',
  tags: 'Tags',
  metadata: 'Metadata',
  expectedBucketOwner: 'Bucket Owner',
  addressing: 'Addressing',
  fallback: 'When the Bucket Refuses a File',
  allowedBuckets: 'Allowed Buckets',
  isDefault: 'Default Destination',
} as const;

/** The input of the verbs. AppError `invalid_request` as in the API. */
export function toDestinationInput(typed: Typed): DestinationInput {
  const { sse, kmsKeyId, presignedUrlSeconds: seconds, tags, metadata, allowedBuckets } = typed;
  const text = (name: keyof typeof LABELS) => typed[name] ?? '';
  const parsed = DestinationInput.safeParse({
    accessKeyId: text('accessKeyId'),
    secretAccessKey: text('secretAccessKey'),
    sessionToken: text('sessionToken'),
    bucket: text('bucket'),
    region: text('region'),
    endpoint: text('endpoint'),
    defaultPathPrefix: text('defaultPathPrefix'),
    storageClass: text('storageClass'),
    acl: typed['acl'] || null,
    sse: sse ? { type: sse, ...(kmsKeyId?.trim() && { kmsKeyId }) } : null,
    tags: pairsOf(tags),
    metadata: pairsOf(metadata),
    expectedBucketOwner: text('expectedBucketOwner'),
    publicBaseUrl: text('publicBaseUrl'),
    presignedUrlSeconds: wholeNumber('presignedUrlSeconds', seconds),
    addressing: typed['addressing'] || null,
    fallback: typed['fallback'] || null,
    allowedBuckets: linesOf(allowedBuckets),
    ...(typed['isDefault'] === 'on' && { isDefault: true }),
  });
  if (parsed.success) return parsed.data;
  throw toInvalidRequest(parsed.error);
}

/** The form for saved settings. Secrets never come back. */
export function toTyped(view: DestinationView): Typed {
  const { sse, tags, metadata, presignedUrlSeconds, allowedBuckets, ...rest } = view;
  return {
    name: rest.name,
    bucket: rest.bucket,
    region: rest.region,
    endpoint: rest.endpoint ?? '',
    defaultPathPrefix: rest.defaultPathPrefix ?? '',
    storageClass: rest.storageClass ?? '',
    acl: rest.acl ?? '',
    sse: sse?.type ?? '',
    kmsKeyId: sse?.kmsKeyId ?? '',
    tags: linesOfPairs(tags),
    metadata: linesOfPairs(metadata),
    expectedBucketOwner: rest.expectedBucketOwner ?? '',
    publicBaseUrl: rest.publicBaseUrl ?? '',
    presignedUrlSeconds: presignedUrlSeconds === null ? '' : String(presignedUrlSeconds),
    addressing: rest.addressing,
    fallback: rest.fallback,
    allowedBuckets: allowedBuckets?.join('\n') ?? '',
    isDefault: rest.isDefault ? 'on' : '',
  };
}

function wholeNumber(field: string, text = ''): number | null {
  if (text.trim() === '') return null;
  if (/^\d+$/.test(text.trim())) return Number(text);
  throw invalidFields([{ field, message: `${field} must be a whole number` }]);
}

function linesOf(text = ''): string[] | null {
  const lines = text.split('\n').map((line) => line.trim());
  const filled = lines.filter((line) => line !== '');
  return filled.length === 0 ? null : filled;
}

/** `key=value` in each line. */
function pairsOf(text: string | undefined): Record<string, string> | null {
  const lines = linesOf(text);
  if (lines === null) return null;
  return Object.fromEntries(
    lines.map((line) => {
      const [key = '', ...value] = line.split('=');
      return [key.trim(), value.join('=').trim()];
    }),
  );
}

function linesOfPairs(pairs: Record<string, string> | null): string {
  return Object.entries(pairs ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join('\n');
}
