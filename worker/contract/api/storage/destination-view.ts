/** The settings of a bucket in answers. They never include secrets. */
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
  .meta({
    description: "Facts that the service learned from the provider's answers, by bucket where they differ.",
  });

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
      description:
        '`unreadable`: the encryption key is no longer in CREDENTIAL_KEYS. Save the credentials again.',
    }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Storage' });
export type DestinationView = z.infer<typeof DestinationView>;

/** The answer of a save. Settings are saved even if their test fails. */
export const SavedDestination = z
  .strictObject({ ...DestinationView.shape, test: ConnectionReport })
  .meta({ id: 'SavedStorage' });
export type SavedDestination = z.infer<typeof SavedDestination>;

/** The answer when the settings of a bucket were deleted. */
export const DestinationDeleted = z.strictObject({ deleted: z.literal(true) });
