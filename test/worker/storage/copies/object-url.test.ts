/** URLs of objects whose keys need encoding: each is fetched from a server. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { DestinationRow } from '../../../../worker/db/rows.ts';
import type { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import { findReferred } from '../../../../worker/storage/destinations/destinations.ts';
import { urlForReaders } from '../../../../worker/storage/copies/object-url.ts';
import { plainUrl } from '../../../../worker/storage/destinations/plain-url.ts';
import { s3Request } from '../../../../worker/storage/s3/client.ts';
import { inRegion, s3Target } from '../../../../worker/storage/s3/target.ts';
import { asOwner } from '../connection/tests.ts';
import { ADMIN, startStandIn, type StandIn } from '../providers/stand-in.ts';
import { makeCustomer, makeCustomerCtx, s3, server } from '../../support/customer.ts';

const KEYS = [
  'videos/2024/my-video.mp4',
  'Rick Astley - Never Gonna Give You Up.mp4',
  'a+b/100% sure?.mp4',
  'c%20d%2Fe.mp4',
  "it's (here)!*.mp4",
  'Žluťoučký kůň/日本語.mp4',
  '🎬 clip 👩🏽‍🚀.mp4',
  'q&a=1;#top,@$:.mp4',
];
const BUCKET = 'open-bucket';

/** The row of settings, by default those of the administrator. */
async function destinationOf(values: Partial<DestinationInput>): Promise<{ row: DestinationRow; ctx: Ctx }> {
  const ctx = makeCustomerCtx();
  const { accessKeyId, secretAccessKey } = server();
  const workspaceId = await makeCustomer(ctx, { accessKeyId, secretAccessKey, ...values });
  return { ctx, row: (await findReferred(ctx, { workspaceId }))! };
}
type Ctx = ReturnType<typeof makeCustomerCtx>;

/** The object as it was stored, with its current URL. */
function urlOf(
  ctx: Ctx,
  row: DestinationRow,
  key: string,
  url = plainUrl({ ...row, publicBaseUrl: null }, { bucket: row.bucket, key }),
) {
  return urlForReaders(ctx, { destination: row, object: { bucket: row.bucket, key, url } });
}

describe.skipIf(s3 === null)('the URL of an object (versitygw)', () => {
  beforeAll(async () => {
    await asOwner(server(), 'PUT', BUCKET);
    const statement = {
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:GetObject'],
      Resource: [`arn:aws:s3:::${BUCKET}/*`],
    };
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await asOwner(server(), 'PUT', `${BUCKET}?policy=`, policy);
    const { endpoint, region, accessKeyId, secretAccessKey } = server();
    for (const bucket of [BUCKET, server().bucket]) {
      const target = s3Target({ endpoint, region, bucket }, { accessKeyId, secretAccessKey });
      for (const key of KEYS) await s3Request(makeCustomerCtx(), target, { method: 'PUT', key, body: key });
    }
  });

  it.each(KEYS)('is readable by everyone in a public bucket: %s', async (key) => {
    const { ctx, row } = await destinationOf({ bucket: BUCKET });
    const url = await urlOf(ctx, row, key);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/open-bucket\/[\w.~%/-]+$/);
    expect(await (await fetch(url)).text()).toBe(key);
  });

  it.each(KEYS)('is readable by its signature in a private bucket: %s', async (key) => {
    const { ctx, row } = await destinationOf({ presignedUrlSeconds: 600 });
    const url = await urlOf(ctx, row, key);
    expect((await fetch(url.split('?')[0]!)).status).toBe(403);
    expect(await (await fetch(url)).text()).toBe(key);
  });

  it.each(KEYS)('is readable through a CDN with a base path: %s', async (key) => {
    const publicBaseUrl = `${server().endpoint}/${BUCKET}`;
    const { ctx, row } = await destinationOf({ bucket: 'behind-a-cdn', publicBaseUrl });
    const url = await urlOf(ctx, row, key);
    expect(url.startsWith(`${publicBaseUrl}/`)).toBe(true);
    expect(await (await fetch(url)).text()).toBe(key);
  });

  it('is signed at each read, for the seconds of the settings', async () => {
    const { ctx, row } = await destinationOf({ presignedUrlSeconds: 600 });
    const first = await urlOf(ctx, row, KEYS[0]!);
    ctx.clock.advance(60_000);
    const second = await urlOf(ctx, row, KEYS[0]!);
    expect(second).not.toBe(first);
    expect(new URL(second).searchParams.get('X-Amz-Expires')).toBe('600');
  });

  it('is still signed when the bucket has moved between host and path', async () => {
    const { ctx, row } = await destinationOf({ presignedUrlSeconds: 600, addressing: 'path' });
    const { host } = new URL(server().endpoint);
    const asHost = `http://${server().bucket}.${host}/a.mp4`;
    expect(await urlOf(ctx, row, 'a.mp4', asHost)).toContain('X-Amz-Signature=');
  });

  it('stays the same for an object that the settings no longer lead to', async () => {
    const { ctx, row } = await destinationOf({ presignedUrlSeconds: 600 });
    const elsewhere = 'https://old.example.com/bucket/a.mp4';
    expect(await urlOf(ctx, row, 'a.mp4', elsewhere)).toBe(elsewhere);
  });

  it('is the plain URL of the bucket when nobody can sign for it', async () => {
    const { ctx, row } = await destinationOf({ presignedUrlSeconds: 600 });
    const unreadable = { ...row, secretAccessKey: row.accessKeyId };
    expect(await urlOf(ctx, unreadable, 'a.mp4')).toBe(`${server().endpoint}/${server().bucket}/a.mp4`);
  });

  it('is not that of the CDN for another bucket', async () => {
    const { row } = await destinationOf({ publicBaseUrl: 'https://cdn.example.com' });
    expect(plainUrl(row, { bucket: row.bucket, key: 'a b.mp4' })).toBe('https://cdn.example.com/a%20b.mp4');
    expect(plainUrl(row, { bucket: 'other', key: 'a b.mp4' })).toBe(`${server().endpoint}/other/a%20b.mp4`);
  });
});

describe('the URL of an object with the bucket in its host (strict S3 stand-in)', () => {
  const host = 's3.eu-central-1.amazonaws.com';
  let standIn: StandIn;
  beforeAll(async () => {
    const buckets = [
      { name: BUCKET, isPublic: true },
      { name: 'dotted.bucket', isPublic: true },
    ];
    standIn = await startStandIn({ virtualHostBase: host, buckets }, `https://${host}`);
  });
  const settings = (bucket: string, addressing: DestinationRow['addressing'] = 'auto') => ({
    endpoint: null,
    region: 'eu-central-1',
    bucket,
    addressing,
    publicBaseUrl: null,
  });
  const put = async (bucket: string, key: string) => {
    const target = inRegion(standIn.target({ bucket }, ADMIN), 'eu-central-1');
    await s3Request(standIn.ctx, target, { method: 'PUT', key, body: key });
  };

  it.each(KEYS)('%s', async (key) => {
    await put(BUCKET, key);
    const url = plainUrl(settings(BUCKET), { bucket: BUCKET, key });
    expect(url.startsWith(`https://${BUCKET}.${host}/`)).toBe(true);
    expect(await (await standIn.ctx.fetch(url)).text()).toBe(key);
  });

  it.each<[string, DestinationRow['addressing'], string]>([
    [BUCKET, 'path', `https://${host}/${BUCKET}/a.mp4`],
    // A wildcard certificate does not cover two labels.
    ['dotted.bucket', 'auto', `https://${host}/dotted.bucket/a.mp4`],
    ['dotted.bucket', 'virtual', `https://dotted.bucket.${host}/a.mp4`],
  ])('%s, addressing %s', async (bucket, addressing, url) => {
    await put(bucket, 'a.mp4');
    expect(plainUrl(settings(bucket, addressing), { bucket, key: 'a.mp4' })).toBe(url);
    expect(await (await standIn.ctx.fetch(url)).text()).toBe('a.mp4');
  });
});
