/** Uploads whose digests follow the bytes as trailers, at strict S3 stand-ins. */
import { describe, expect, it } from 'vitest';
import type { LearnedFacts } from '../../../../worker/db/destination-columns.ts';
import { recordFacts } from '../../../../worker/storage/destinations/learned-facts.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { sendAll } from '../../support/customer.ts';
import { artifactRequest, makeLive, MIB, signFor, withFeatures } from '../../support/uploads.ts';
import { bytes, start } from './unknown-storage.ts';

/** A storage of which an earlier test has learned this. */
async function startKnown(profile: 'minio' | 'r2', learned: LearnedFacts) {
  const started = await start({ profile });
  await recordFacts(started.ctx, await started.row(), learned);
  return started;
}
const BOTH = { checksCrc32: true, checksTrailers: true };

describe('a storage that is known to verify trailers', () => {
  it('gets them from a downloader that can send them', async () => {
    const { store } = await startKnown('minio', BOTH);
    expect((await store()).plan).toMatchObject({ kind: 'multipart', digest: 'crc32-trailer' });
  });

  it('gets headers from a downloader of an earlier version', async () => {
    const { ctx, workspaceId } = await startKnown('minio', BOTH);
    const live = await makeLive(ctx, { store: true }, workspaceId);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: bytes.length }) });
    expect(plan).toMatchObject({ storage: 'destination', digest: 'crc32' });
  });

  it('gets a small file in one PUT with its digest in the signature', async () => {
    const { store } = await startKnown('minio', { ...BOTH, regions: { 'test-bucket': 'us-east-1' } });
    expect((await store()).plan).toMatchObject({ kind: 'single', digest: 'crc32' });
  });

  it('signs every part of a file before its bytes exist, and none with a digest or another size', async () => {
    const { ctx, workspaceId } = await startKnown('minio', BOTH);
    const live = withFeatures(await makeLive(ctx, { store: true }, workspaceId));
    const sizeBytes = 50 * 8 * MIB + 5;
    const { placementId } = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes }) });
    const part = (number: number, size = 8 * MIB, digest = '') => ({ number, sizeBytes: size, digest });
    const sign = (parts: ReturnType<typeof part>[]) => signFor(ctx, { live, placementId, parts });
    const whole = Array.from({ length: 50 }, (_, index) => part(index + 1));
    const requests = await sign([...whole, part(51, 5)]);
    expect(new Set(requests.map(({ headers }) => headers['authorization'])).size).toBe(51);
    expect(requests.at(-1)!.headers).toMatchObject({
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    });
    const refused = expect.objectContaining({ code: 'invalid_request' });
    await expect(sign([part(1, 8 * MIB, 'AAAAAA==')])).rejects.toThrow(refused);
    await expect(sign([part(51, 6)])).rejects.toThrow(refused);
  });
});

describe('a storage that has verified trailers once and now refuses them', () => {
  it('gets the file with digests in headers, and no trailers from then on', async () => {
    const { ctx, begin, row, store } = await startKnown('r2', BOTH);
    const { live, plan } = await begin();
    expect(plan.digest).toBe('crc32-trailer');
    await expect(sendAll(ctx, live, plan, bytes)).rejects.toThrow(/501/);
    const failure = { code: 'storage_rejected' as const, detail: 'HTTP 501 NotImplemented' };
    const { plan: next } = await abortPlacement(ctx, { live, placementId: plan.placementId, failure });
    expect(next).toMatchObject({ storage: 'destination', digest: 'crc32' });
    const report = await sendAll(ctx, live, next!, bytes);
    expect(await completePlacement(ctx, { live, placementId: next!.placementId, report })).toEqual({
      outcome: 'stored',
    });
    expect((await row()).learned).toMatchObject({ checksCrc32: true, checksTrailers: false });
    expect((await store()).plan.digest).toBe('crc32');
  });
});
