/** The settings of a bucket in answers. They never include secrets. */
import { z } from 'zod';
import { ConnectionReport } from './connection-report.ts';

const Learned = z
  .looseObject({
    regions: z.record(z.string(), z.string()).optional().meta({ description: 'The region of each bucket.' }),
    unsupportedHeaders: z
      .array(z.string())
      .optional()
      .meta({ description: 'Optional headers that the provider refused, which are no longer sent.' }),
    canGetObject: z.boolean().optional().meta({ description: 'Whether the credentials may read objects.' }),
    checksCrc32: z.boolean().optional().meta({ description: 'Whether the provider refuses a wrong CRC-32.' }),
    checksTrailers: z.boolean().optional().meta({
      description: 'Whether the provider refuses a wrong CRC-32 that follows the bytes as a trailer.',
    }),
    conditionalWrites: z.boolean().optional().meta({
      description: 'Whether the provider honors conditional writes, which `rename` and `fail` need.',
    }),
    visitors: z
      .record(
        z.string(),
        z.strictObject({
          publiclyReadable: z
            .boolean()
            .meta({ description: 'Whether everyone can read an object by its plain URL.' }),
          cors: z
            .boolean()
            .meta({ description: 'Whether pages of any origin can read an object in a browser.' }),
          checkedAt: z.number().int().meta({ description: 'When that was checked, in unix milliseconds.' }),
        }),
      )
      .optional()
      .meta({ description: 'What visitors can read in each bucket.' }),
  })
  .meta({
    description: "Facts that the service learned from the provider's answers, by bucket where they differ.",
  });

export const DestinationView = z
  .strictObject({
    name: z.string().meta({ description: 'The name of the destination.', example: 'default' }),
    isDefault: z.boolean().meta({ description: 'Whether requests without storageDestination use it.' }),
    provider: z
      .string()
      .meta({ description: 'The provider that the endpoint belongs to.', example: 'Amazon S3' }),
    bucket: z.string().meta({ description: 'The bucket that files go to.', example: 'my-bucket' }),
    region: z.string().meta({ description: 'The region of the bucket.', example: 'us-east-1' }),
    endpoint: z.string().nullable().meta({ description: 'The endpoint; null for Amazon S3.', example: null }),
    defaultPathPrefix: z
      .string()
      .nullable()
      .meta({ description: 'Folder for requests without storagePath.', example: null }),
    storageClass: z
      .string()
      .nullable()
      .meta({ description: 'Null: the default of the bucket.', example: null }),
    acl: z
      .string()
      .nullable()
      .meta({ description: 'The ACL of every object; null: none is sent.', example: null }),
    sse: z
      .strictObject({
        type: z.enum(['AES256', 'aws:kms']).meta({ description: 'Who keeps the key: S3 or KMS.' }),
        kmsKeyId: z.string().optional().meta({ description: 'ID, alias or ARN of the key in KMS.' }),
      })
      .nullable()
      .meta({
        description: 'Server-side encryption of every upload; null: that of the bucket.',
        example: null,
      }),
    tags: z
      .record(z.string(), z.string())
      .nullable()
      .meta({ description: 'Tags of every object.', example: null }),
    metadata: z
      .record(z.string(), z.string())
      .nullable()
      .meta({ description: 'Sent as x-amz-meta-… with every object.', example: null }),
    expectedBucketOwner: z
      .string()
      .nullable()
      .meta({ description: 'The AWS account that the bucket must belong to; null: any.', example: null }),
    publicBaseUrl: z.string().nullable().meta({ description: 'Base of the URLs in answers.', example: null }),
    presignedUrlSeconds: z.number().int().nullable().meta({
      description: 'How long URLs in answers are valid; null: they are not presigned.',
      example: null,
    }),
    addressing: z
      .enum(['auto', 'path', 'virtual'])
      .meta({ description: 'Whether the bucket is in the path or in the host name of URLs.' }),
    fallback: z
      .enum(['service', 'none'])
      .meta({ description: 'What happens to a file that the bucket does not accept.' }),
    allowedBuckets: z.array(z.string()).nullable().meta({
      description: 'Buckets that requests may select; null: all that the credentials can access.',
      example: null,
    }),
    learned: Learned.nullable(),
    accessKeyIdLastFour: z
      .string()
      .meta({ description: 'The last four characters of the access key ID.', example: 'MPLE' }),
    hasSessionToken: z
      .boolean()
      .meta({ description: 'Whether the credentials are temporary.', example: false }),
    credentials: z.enum(['readable', 'unreadable']).meta({
      description:
        '`unreadable`: the encryption key is no longer in CREDENTIAL_KEYS. Save the credentials again.',
    }),
    createdAt: z.iso.datetime().meta({ description: 'When the settings were first saved.' }),
    updatedAt: z.iso.datetime().meta({ description: 'When they were last saved.' }),
  })
  .meta({ id: 'Storage', description: 'The settings of a bucket, without its secrets.' });
export type DestinationView = z.infer<typeof DestinationView>;

/** The answer of a save. Settings are saved even if their test fails. */
export const SavedDestination = z
  .strictObject({ ...DestinationView.shape, test: ConnectionReport })
  .meta({ id: 'SavedStorage', description: 'The saved settings, with the result of their test.' });
export type SavedDestination = z.infer<typeof SavedDestination>;

/** The answer when the settings of a bucket were deleted. */
export const DestinationDeleted = z.strictObject({
  deleted: z.literal(true).meta({ description: 'The settings and their credentials are deleted.' }),
});
