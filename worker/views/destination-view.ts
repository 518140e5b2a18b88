/** Turns rows of bucket settings into their public shape, without secrets. */
import type { Ctx } from '../context.ts';
import type { DestinationView } from '../contract/api/storage/destination-view.ts';
import type { LearnedFacts } from '../db/destination-columns.ts';
import type { DestinationRow } from '../db/rows.ts';
import { areCredentialsReadable } from '../storage/destinations/credentials.ts';
import { endpointOf } from '../storage/s3/target.ts';
import { profileForHost } from '../storage/s3/provider-profiles.ts';

/** The row as its owner reads it. Tries to decrypt the credentials, unless the caller has done so. */
export async function toDestinationView(
  ctx: Ctx,
  row: DestinationRow,
  isReadable?: boolean,
): Promise<DestinationView> {
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
    learned: publicFacts(row.learned),
    accessKeyIdLastFour: row.accessKeyIdLastFour,
    hasSessionToken: row.sessionToken !== null,
    credentials: (isReadable ?? (await areCredentialsReadable(ctx, row))) ? 'readable' : 'unreadable',
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
  };
}

/** Verdicts about hosts are left out: a test of the connection reports them, with the reason. */
function publicFacts(learned: LearnedFacts | null): DestinationView['learned'] {
  const { endpoints: _, ...facts } = learned ?? {};
  return Object.keys(facts).length === 0 ? null : facts;
}
