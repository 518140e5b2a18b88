/** Bucket settings as clients send them. */
import { z } from 'zod';
import { CannedAcl, Encryption, Metadata, Tags } from './object-settings.ts';
import { BucketName, StorageClassName } from './storage-names.ts';

/** Copies out of consoles bring blanks and line ends with them. An empty field of a form, and null, mean "not set". */
const optional = (maxCharacters: number) =>
  z
    .string()
    .trim()
    .max(maxCharacters)
    .nullish()
    .transform((text) => text || undefined);

/** Printable ASCII without blanks: keys go into headers. */
const key = (maxCharacters: number) =>
  optional(maxCharacters).refine((text) => text === undefined || /^[!-~]+$/.test(text), {
    error: 'must not contain blanks or special characters',
  });

/** A setting that may be left out, or be null as in what was read. */
const setting = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);

/** A week, the longest that SigV4 allows (S3, "Authenticating requests: query parameters"). */
const MAX_PRESIGNED_SECONDS = 604_800;
/** More is no list that anybody keeps by hand. */
const MAX_ALLOWED_BUCKETS = 100;

/**
 * `PUT /storage` and `PUT /storage/destinations/{name}`: the whole of the settings; what is left out is not set. Only the
 * secrets may be left out or empty when settings exist: then the saved ones stay.
 */
export const DestinationInput = z
  .strictObject({
    accessKeyId: key(256),
    secretAccessKey: key(1024),
    sessionToken: key(8192).describe(
      'Of temporary credentials. It goes with its keys: new keys without it end it.',
    ),
    bucket: BucketName,
    region: z
      .string()
      .trim()
      .max(63)
      .toLowerCase()
      .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, { error: 'must be the name of a region, or auto' }),
    endpoint: optional(512).describe('Of S3-compatible storage; Amazon S3 needs none.'),
    defaultPathPrefix: optional(1024).describe(
      'Folder for requests without storagePath. May contain {title}, {id}, {uploader}, {date}, {jobId} and {ext}.',
    ),
    storageClass: optional(64)
      .pipe(StorageClassName.optional())
      .describe('Left out: the default of the bucket.'),
    acl: setting(CannedAcl).describe('Left out: none is sent, the bucket decides.'),
    sse: setting(Encryption).describe('Server-side encryption that every upload asks for.'),
    tags: setting(Tags),
    metadata: setting(Metadata).describe('Sent as x-amz-meta-… with every object.'),
    expectedBucketOwner: optional(64).refine((text) => text === undefined || /^\d{12}$/.test(text), {
      error: 'must be an AWS account id of 12 digits',
    }),
    publicBaseUrl: optional(1024).describe('Base of the URLs handed out, for instance that of a CDN.'),
    presignedUrlSeconds: setting(z.number().int().min(1).max(MAX_PRESIGNED_SECONDS)).describe(
      'URLs handed out are presigned and good for so long.',
    ),
    addressing: setting(z.enum(['auto', 'path', 'virtual'])).describe('Where the bucket stands in URLs.'),
    fallback: setting(z.enum(['service', 'none'])).describe(
      '`service` (default): what the bucket does not take is kept by this service. `none`: then the import fails.',
    ),
    allowedBuckets: setting(z.array(BucketName).max(MAX_ALLOWED_BUCKETS)).describe(
      'Buckets that storageBucket may name; left out: any that the credentials reach.',
    ),
    isDefault: z
      .boolean()
      .optional()
      .describe('Makes it the destination of requests that name none. The first one is it by itself.'),
  })
  .meta({ id: 'StorageInput' });
export type DestinationInput = z.infer<typeof DestinationInput>;
