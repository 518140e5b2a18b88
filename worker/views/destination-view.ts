/** Bucket settings as clients read them: never a secret. */
import { z } from '@hono/zod-openapi';
import type { Ctx } from '../context.ts';
import type { DestinationRow } from '../db/rows.ts';
import { ConnectionReport } from '../storage/connection/connection-report.ts';
import { areCredentialsReadable } from '../storage/destinations/credentials.ts';
import { endpointOf } from '../storage/s3/target.ts';
import { profileForHost } from '../storage/s3/provider-profiles.ts';

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

/** The row as its owner reads it, member by member; whether its credentials open is tried. */
export async function toDestinationView(ctx: Ctx, row: DestinationRow): Promise<DestinationView> {
  return {
    name: row.name,
    isDefault: row.isDefault,
    provider: profileForHost(endpointOf(row).hostname).name,
    bucket: row.bucket,
    region: row.region,
    endpoint: row.endpoint,
    defaultPathPrefix: row.defaultPathPrefix,
    storageClass: row.storageClass,
    acl: row.acl,
    sse: row.sse,
    tags: row.tags,
    metadata: row.metadata,
    expectedBucketOwner: row.expectedBucketOwner,
    publicBaseUrl: row.publicBaseUrl,
    presignedUrlSeconds: row.presignedUrlSeconds,
    addressing: row.addressing,
    fallback: row.fallback,
    allowedBuckets: row.allowedBuckets,
    learned: row.learned === null ? null : { ...row.learned },
    accessKeyIdLastFour: row.accessKeyIdLastFour,
    hasSessionToken: row.sessionToken !== null,
    credentials: (await areCredentialsReadable(ctx, row)) ? 'readable' : 'unreadable',
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
  };
}
