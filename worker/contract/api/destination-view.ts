/** The settings of a bucket as clients read them. Secrets are never part of it. */
import { z } from 'zod';
import { ConnectionReport } from './connection-report.ts';

const Learned = z
  .looseObject({
    regions: z.record(z.string(), z.string()).optional(),
    unsupportedHeaders: z.array(z.string()).optional(),
    canGetObject: z.boolean().optional(),
    checksCrc32: z.boolean().optional(),
    conditionalWrites: z.boolean().optional(),
    visitors: z
      .record(
        z.string(),
        z.strictObject({ publiclyReadable: z.boolean(), cors: z.boolean(), checkedAt: z.number().int() }),
      )
      .optional(),
  })
  .meta({ description: "What the provider's answers have taught, by bucket where it differs." });

export const DestinationView = z
  .strictObject({
    name: z.string(),
    isDefault: z.boolean(),
    provider: z.string(),
    bucket: z.string(),
    region: z.string(),
    endpoint: z.string().nullable(),
    defaultPathPrefix: z.string().nullable(),
    storageClass: z.string().nullable(),
    acl: z.string().nullable(),
    sse: z.strictObject({ type: z.enum(['AES256', 'aws:kms']), kmsKeyId: z.string().optional() }).nullable(),
    tags: z.record(z.string(), z.string()).nullable(),
    metadata: z.record(z.string(), z.string()).nullable(),
    expectedBucketOwner: z.string().nullable(),
    publicBaseUrl: z.string().nullable(),
    presignedUrlSeconds: z.number().int().nullable(),
    addressing: z.enum(['auto', 'path', 'virtual']),
    fallback: z.enum(['service', 'none']),
    allowedBuckets: z.array(z.string()).nullable(),
    learned: Learned.nullable(),
    accessKeyIdLastFour: z.string(),
    hasSessionToken: z.boolean(),
    credentials: z.enum(['readable', 'unreadable']).meta({
      description: '`unreadable`: their key is no longer in CREDENTIAL_KEYS; save them again.',
    }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Storage' });
export type DestinationView = z.infer<typeof DestinationView>;

/** The answer of a save: settings are kept whatever their test finds. */
export const SavedDestination = z
  .strictObject({ ...DestinationView.shape, test: ConnectionReport })
  .meta({ id: 'SavedStorage' });

/** The answer when the settings of a bucket were deleted. */
export const DestinationDeleted = z.strictObject({ deleted: z.literal(true) });
