/** Facts that one import learns and the next one uses, with rows in D1 and strict S3 stand-ins as unknown providers. */
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Code } from '../../../../worker/contract/codes.ts';
import type { LearnedFacts } from '../../../../worker/db/destination-columns.ts';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import type { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import { recordFacts } from '../../../../worker/storage/destinations/learned-facts.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import type { RemoteOptions } from '../../../support/strict-s3/remote.ts';
import { send, sendAll, toSign } from '../../support/customer.ts';
import { artifactRequest, makeLive, placementsOf, signFor } from '../../support/uploads.ts';
import { bytes, start } from './unknown-storage.ts';

async function operations(standIn: Awaited<ReturnType<typeof start>>['standIn']) {
  const { requests } = await standIn.read();
  return requests.map(({ operation, status }) => `${operation} ${status}`);
}

describe('a wrong region in the settings (strict S3 stand-in, aws)', () => {
  it('costs one request once, is remembered for each bucket, and gives a warning', async () => {
    const two = [{ name: 'test-bucket' }, { name: 'other.bucket', region: 'ap-south-1' }];
    const { standIn, row, store } = await start({ profile: 'aws', buckets: two }, { region: 'us-east-1' });
    const first = await store();
    expect(first.warnings).toEqual([
      'Bucket test-bucket is in region eu-central-1: set this region in the storage settings.',
    ]);
    expect((await store()).warnings).toBeNull();
    const other = await store({ storageBucket: 'other.bucket' });
    expect(other.warnings).toEqual([
      'Bucket other.bucket is in region ap-south-1: set this region in the storage settings.',
    ]);
    expect((await store({ storageBucket: 'other.bucket' })).warnings).toBeNull();
    expect((await row()).learned).toEqual({
      regions: { 'test-bucket': 'eu-central-1', 'other.bucket': 'ap-south-1' },
      endpoints: expect.anything(),
    });
    const refused = (await operations(standIn)).filter((text) => text.endsWith(' 400'));
    expect(refused).toHaveLength(2);
  });

  it('is forgotten with the settings, and learned again', async () => {
    const { ctx, row, store } = await start({ profile: 'aws' }, { region: 'us-east-1' });
    await store();
    const { id } = await row();
    await ctx.db.update(destinations).set({ learned: null }).where(eq(destinations.id, id));
    expect((await store()).warnings).toHaveLength(1);
  });

  it('is corrected again when the bucket has moved', async () => {
    const { ctx, row, store } = await start({ profile: 'aws' });
    const { id } = await row();
    const learned: LearnedFacts = { regions: { 'test-bucket': 'eu-west-3' } };
    await ctx.db.update(destinations).set({ learned }).where(eq(destinations.id, id));
    expect((await store()).warnings).toHaveLength(1);
    expect((await row()).learned?.regions).toEqual({ 'test-bucket': 'eu-central-1' });
  });
});

describe('headers that the provider refuses (strict S3 stand-in, r2)', () => {
  const settings = { acl: 'public-read' as const, tags: { team: 'video' } };
  const told = [
    'The storage does not support x-amz-acl: the object is stored without it.',
    'The storage does not support x-amz-tagging: the object is stored without it.',
  ];

  it('are tried once and remembered, with a warning for every object without them', async () => {
    const { standIn, row, store } = await start({ profile: 'r2' }, settings);
    expect((await store()).warnings!.toSorted()).toEqual(told);
    expect((await store()).warnings!.toSorted()).toEqual(told);
    expect((await row()).learned!.unsupportedHeaders!.toSorted()).toEqual(['x-amz-acl', 'x-amz-tagging']);
    const refused = (await operations(standIn)).filter((text) => text.endsWith(' 501'));
    expect(refused).toHaveLength(2);
  });

  it('are tried again after the settings were saved', async () => {
    const { ctx, row, store, save } = await start({ profile: 'r2' }, settings);
    await store();
    await save({ accessKeyId: '', secretAccessKey: '' });
    expect((await row()).learned).toEqual({
      regions: { 'test-bucket': 'auto' },
      endpoints: expect.anything(),
    });
    expect((await store()).warnings).toHaveLength(2);
    expect(ctx.lines.some(({ level }) => level === 'error')).toBe(false);
  });

  it('do not change other facts, and are not stored after the settings were saved again', async () => {
    const { ctx, row, store } = await start({ profile: 'r2' }, settings);
    const old = await row();
    await recordFacts(ctx, old, { canGetObject: true, regions: { another: 'x' } });
    await store();
    expect((await row()).learned).toMatchObject({
      canGetObject: true,
      regions: { another: 'x', 'test-bucket': 'auto' },
    });
    await ctx.db
      .update(destinations)
      .set({ learned: null, updatedAt: old.updatedAt + 1 })
      .where(eq(destinations.id, old.id));
    await recordFacts(ctx, old, { canGetObject: true });
    expect((await row()).learned).toBeNull();
  });
});

describe('a storage class (strict S3 stand-in, minio)', () => {
  it('that the provider does not have leads to the fallback with its reason', async () => {
    const { ctx, begin } = await start({ profile: 'minio' });
    const { live, plan } = await begin({ storageClass: 'GLACIER' });
    expect(plan.storage).toBe('service');
    const failed = (await placementsOf(ctx, live)).find((row) => row.destinationId !== null);
    expect(failed).toMatchObject({ errorCode: 'storage_class_unsupported' });
  });

  it('of the request becomes the class of the object', async () => {
    const { standIn, store } = await start({ profile: 'minio' }, { storageClass: 'STANDARD' });
    const { title } = await store({ storageClass: 'REDUCED_REDUNDANCY' });
    expect((await standIn.object(`${title}.mp4`))!.headers['x-amz-storage-class']).toBe('REDUCED_REDUNDANCY');
  });
});

describe('a provider that verifies CRC-32 by its test (strict S3 stand-in)', () => {
  async function startChecked(options: RemoteOptions, settings: Partial<DestinationInput> = {}) {
    const all = await start(options, settings);
    await recordFacts(all.ctx, await all.row(), { checksCrc32: true });
    return all;
  }

  it('gets its first file as multipart, which proves region and headers, and later small files in one PUT (aws)', async () => {
    const { standIn, store } = await startChecked(
      { profile: 'aws' },
      { region: 'us-east-1', acl: 'public-read', storageClass: 'STANDARD_IA' },
    );
    const first = await store();
    expect(first.plan).toMatchObject({ kind: 'multipart', digest: 'crc32' });
    const second = await store();
    expect(second.plan).toMatchObject({ kind: 'single', digest: 'crc32' });
    expect(second.warnings).toBeNull();
    expect((await standIn.object(`${second.title}.mp4`))!.headers).toMatchObject({
      'x-amz-acl': 'public-read',
      'x-amz-storage-class': 'STANDARD_IA',
      'content-type': 'video/mp4',
    });
  });

  it('gets a CRC-32 for each part, but not for the whole object (r2)', async () => {
    const { standIn, store } = await startChecked({ profile: 'r2' });
    expect((await store()).plan).toMatchObject({ kind: 'multipart', digest: 'crc32' });
    const { requests } = await standIn.read();
    const part = requests.find(({ operation }) => operation === 'UploadPart');
    const complete = requests.find(({ operation }) => operation === 'CompleteMultipartUpload');
    expect(part!.headers).toHaveProperty('x-amz-checksum-crc32');
    expect(complete!.headers).not.toHaveProperty('x-amz-checksum-crc32');
  });

  it('and no longer does so gets SHA-256 after one refusal (b2)', async () => {
    const { row, store } = await startChecked({ profile: 'b2' });
    expect((await store()).plan).toMatchObject({ kind: 'multipart', digest: 'sha256' });
    expect((await row()).learned).toMatchObject({ checksCrc32: false });
    expect((await store()).plan).toMatchObject({ kind: 'multipart', digest: 'sha256' });
  });

  it('keeps the digest of an upload when other facts are learned meanwhile (aws)', async () => {
    const { ctx, row, begin } = await start({ profile: 'aws' });
    const { live, plan } = await begin();
    expect(plan.digest).toBe('sha256');
    await recordFacts(ctx, await row(), { checksCrc32: true });
    const body = await sendAll(ctx, live, plan, bytes);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
  });

  it.each<[string, Code]>([
    ['an ACL that the bucket takes no more', 'storage_rejected'],
    ['a region that is another now', 'storage_region_mismatch'],
    ['a policy that grants no ACL any more', 'storage_access_denied'],
  ])('gets a multipart upload after it refused one PUT with %s (aws)', async (_, code) => {
    const { ctx, store, begin } = await startChecked({ profile: 'aws' });
    await store();
    const { live, plan } = await begin();
    expect(plan.kind).toBe('single');
    const { plan: next } = await abortPlacement(ctx, {
      live,
      placementId: plan.placementId,
      failure: { code },
    });
    expect(next).toMatchObject({ kind: 'multipart', storage: 'destination' });
    const body = await sendAll(ctx, live, next!, bytes);
    expect(await completePlacement(ctx, { live, placementId: next!.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
  });
});

describe('a signed part', () => {
  it('is refused a quarter of an hour after it was signed (strict S3 stand-in, aws)', async () => {
    const { ctx, begin } = await start({ profile: 'aws' });
    const { live, plan } = await begin();
    const past = { ...ctx, now: () => Date.now() - 16 * 60_000 };
    const wanted = [await toSign(1, bytes, 'sha256')];
    const [late] = await signFor(past, { live, placementId: plan.placementId, parts: wanted, token: '' });
    const refused = await send(late!, bytes);
    expect([refused.status, await refused.text()]).toEqual([
      403,
      expect.stringContaining('RequestTimeTooSkewed'),
    ]);
    expect(Date.parse(late!.expiresAt)).toBeLessThan(Date.now());
    const [fresh] = await signFor(ctx, { live, placementId: plan.placementId, parts: wanted, token: '' });
    expect((await send(fresh!, bytes)).status).toBe(200);
  });
});

describe('a file of unknown size at Scaleway (strict S3 stand-in)', () => {
  it('has parts of the maximum size, and at most 1,000 of them', async () => {
    const endpoint = 'https://s3.fr-par.scw.cloud';
    const { ctx, workspaceId } = await start({ profile: 'scaleway' }, { endpoint, addressing: 'path' });
    const MAX_BYTES = 200 * 1024 ** 3;
    const large = { ...ctx, config: { ...ctx.config, MAX_BYTES } };
    const live = await makeLive(ctx, { store: true }, workspaceId);
    const plan = await openPlacement(large, { live, file: artifactRequest({ sizeBytes: null }) });
    expect(plan).toMatchObject({ storage: 'destination', partSizeBytes: 64 * 1024 ** 2 });
    const part = await toSign(1000, bytes, plan.digest);
    const [last] = await signFor(large, { live, placementId: plan.placementId, parts: [part], token: '' });
    expect(last!.url).toContain('partNumber=1000');
    const beyond = signFor(large, {
      live,
      placementId: plan.placementId,
      parts: [{ ...part, number: 1001 }],
      token: '',
    });
    await expect(beyond).rejects.toThrow(expect.objectContaining({ code: 'storage_rejected' }));
  });
});
