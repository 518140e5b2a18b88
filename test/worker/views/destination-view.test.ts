import { describe, expect, it } from 'vitest';
import { DestinationInput } from '../../../worker/contract/api/storage/destination-input.ts';
import { saveDestination } from '../../../worker/storage/destinations/save-destination.ts';
import { toDestinationView } from '../../../worker/views/destination-view.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeWorkspace } from '../support/rows.ts';

const INPUT = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  bucket: 'your-bucket',
  region: 'us-east-1',
};

async function viewOf(values: object = {}, ctx = makeCtx()) {
  const input = DestinationInput.parse({ ...INPUT, ...values });
  return toDestinationView(ctx, await saveDestination(ctx, { workspaceId: await makeWorkspace(ctx), input }));
}

describe('the view of a destination', () => {
  it('shows every setting and no secret', async () => {
    const ctx = makeCtx();
    const now = new Date(ctx.now()).toISOString();
    expect(await viewOf({ defaultPathPrefix: '/imports//production/' }, ctx)).toEqual({
      name: 'default',
      isDefault: true,
      provider: 'Amazon S3',
      bucket: 'your-bucket',
      region: 'us-east-1',
      endpoint: null,
      defaultPathPrefix: 'imports/production',
      storageClass: null,
      acl: null,
      sse: null,
      tags: null,
      metadata: null,
      expectedBucketOwner: null,
      publicBaseUrl: null,
      presignedUrlSeconds: null,
      addressing: 'auto',
      fallback: 'service',
      allowedBuckets: null,
      learned: null,
      accessKeyIdLastFour: 'MPLE',
      hasSessionToken: false,
      credentials: 'readable',
      createdAt: now,
      updatedAt: now,
    });
  });

  it.each([
    ['https://acc.r2.cloudflarestorage.com', 'Cloudflare R2'],
    ['https://s3.eu-central-003.backblazeb2.com', 'Backblaze B2'],
    ['https://fra1.digitaloceanspaces.com', 'DigitalOcean Spaces'],
    ['https://minio.example.com:9000', 'S3-compatible'],
  ])('names the provider of %s: %s', async (endpoint, provider) => {
    expect(await viewOf({ endpoint })).toMatchObject({ provider, endpoint });
  });
});
