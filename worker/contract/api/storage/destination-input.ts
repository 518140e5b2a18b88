/** Bucket settings as clients send them. */
import { z } from 'zod';
import { CannedAcl, Encryption, Metadata, Tags } from './object-settings.ts';
import { BucketName, StorageClassName } from './storage-names.ts';

/** Trims the text, since text pasted from a console may have blanks and line breaks around it. An empty string and null mean "not set". */
const optional = (maxCharacters: number) =>
  z
    .string()
    .trim()
    .max(maxCharacters)
    .nullish()
    .transform((text) => text || undefined);

/** Printable ASCII without blanks, because keys are sent in headers. */
const key = (maxCharacters: number) =>
  optional(maxCharacters).refine((text) => text === undefined || /^[!-~]+$/.test(text), {
    error: 'must not contain blanks or special characters',
  });

/** An optional setting, which may also be null as in the answer of a read. */
const setting = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);

/** A week, the maximum of SigV4 (S3, "Authenticating requests: query parameters"). */
const MAX_PRESIGNED_SECONDS = 604_800;
/** A list that a person maintains is not longer. */
const MAX_ALLOWED_BUCKETS = 100;

/**
 * The body of `PUT /storage` and `PUT /storage/destinations/{name}`. It replaces all settings: an omitted setting is not
 * set. Omitted or empty secrets keep their saved values.
 */
export const DestinationInput = z
  .strictObject({
    accessKeyId: key(256).describe('The access key ID. Omitted: the saved one is kept.'),
    secretAccessKey: key(1024).describe('The secret access key. Omitted: the saved one is kept.'),
    sessionToken: key(8192).describe(
      'The session token of temporary credentials. Saving new keys without a token removes the saved one.',
    ),
    bucket: BucketName.describe('The bucket that files go to.'),
    region: z
      .string()
      .trim()
      .max(63)
      .toLowerCase()
      .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, { error: 'must be the name of a region, or auto' })
      .describe('The region of the bucket, such as us-east-1; `auto` for Cloudflare R2.'),
    endpoint: optional(512).describe('The endpoint of S3-compatible storage. Omit it for Amazon S3.'),
    defaultPathPrefix: optional(1024).describe(
      'Folder for requests without storagePath. May contain {title}, {id}, {uploader}, {date}, {jobId} and {ext}.',
    ),
    storageClass: optional(64)
      .pipe(StorageClassName.optional())
      .describe('Default: the default of the bucket.'),
    acl: setting(CannedAcl).describe('Default: no ACL is sent, and the bucket decides.'),
    sse: setting(Encryption).describe('Server-side encryption of every upload.'),
    tags: setting(Tags).describe('Tags of every object, at most 10.'),
    metadata: setting(Metadata).describe('Sent as x-amz-meta-… with every object.'),
    expectedBucketOwner: optional(64)
      .refine((text) => text === undefined || /^\d{12}$/.test(text), {
        error: 'must be an AWS account ID of 12 digits',
      })
      .describe('The AWS account that the bucket must belong to, else uploads fail.'),
    publicBaseUrl: optional(1024).describe('Base of the URLs in answers, for example the URL of a CDN.'),
    presignedUrlSeconds: setting(z.number().int().min(1).max(MAX_PRESIGNED_SECONDS)).describe(
      'URLs in answers are presigned and valid for this number of seconds.',
    ),
    addressing: setting(z.enum(['auto', 'path', 'virtual'])).describe(
      'Whether the bucket is in the path or in the host name of URLs.',
    ),
    fallback: setting(z.enum(['service', 'none'])).describe(
      'What happens to a file that the bucket does not accept. `service` (default): service storage keeps it. `none`: the import fails.',
    ),
    allowedBuckets: setting(z.array(BucketName).max(MAX_ALLOWED_BUCKETS)).describe(
      'Buckets that requests may select with storageBucket. Default: every bucket that the credentials can access.',
    ),
    isDefault: z
      .boolean()
      .optional()
      .describe(
        'Whether requests without storageDestination use this destination. The first destination is the default automatically.',
      ),
  })
  .meta({
    id: 'StorageInput',
    example: {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      bucket: 'my-bucket',
      region: 'us-east-1',
    },
  });
export type DestinationInput = z.infer<typeof DestinationInput>;
