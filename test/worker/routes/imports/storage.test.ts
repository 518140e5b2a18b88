import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { recordFacts } from '../../../../worker/storage/destinations/learned-facts.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeCustomerCtx, s3, server } from '../../support/customer.ts';
import { artifactRequest, attemptOf, placementsOf } from '../../support/uploads.ts';

const URL = 'https://youtube.com/watch?v=dQw4w9WgXcQ';
const SETTINGS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  bucket: 'your-bucket',
  region: 'us-east-1',
};
const R2 = { endpoint: 'https://acc.r2.cloudflarestorage.com', region: 'auto' };
const B2 = { endpoint: 'https://s3.us-west-004.backblazeb2.com', region: 'us-west-004' };
const OTHER = { endpoint: 'https://minio.example.com', region: 'us-east-1' };

async function makeStored(values: object = {}, api?: TestApi): Promise<TestApi> {
  const made = api ?? (await makeApi());
  const answer = await made.call('PUT', '/storage', { ...SETTINGS, ...values });
  expect(answer.status).toBe(200);
  return made;
}
const jobOf = async ({ ctx, workspaceId }: TestApi) =>
  ctx.db.query.jobs.findFirst({ where: eq(jobs.workspaceId, workspaceId) });
const refused = (field: string, message: RegExp) =>
  expect.objectContaining({ code: 'invalid_request', field, error: expect.stringMatching(message) });

describe("the two requests in Importly's guide, as its curl commands send them", () => {
  /** What curl sends for `-d '…'`, character for character. */
  const post = async ({ anonymous, apiKey }: TestApi, body: string) =>
    anonymous('/import', {
      method: 'POST',
      headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
      body,
    });

  it.each([
    ['the basic one', '{\n  "url": "https://youtube.com/watch?v=dQw4w9WgXcQ",\n  "store": true\n}'],
    [
      'the advanced one',
      '{\n  "url": "https://youtube.com/watch?v=dQw4w9WgXcQ",\n  "store": true,\n  "storagePath": "videos/2024",\n  "storageFilename": "my-video",\n  "storageBucket": "my-other-bucket",\n  "storageClass": "INTELLIGENT_TIERING",\n  "storageReturnLocation": true\n}',
    ],
  ])('%s', async (_name, body) => {
    for (const api of [await makeStored(), await makeApi()]) {
      const answer = await post(api, body);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({
        success: true,
        data: { jobId: expect.any(String), status: 'queued', message: 'Import request queued.' },
      });
      expect(await jobOf(api)).toMatchObject({ request: JSON.parse(body), warnings: null });
    }
  });
});

describe.skipIf(s3 === null)(
  "the guide's four examples through the API, letter for letter (versitygw)",
  () => {
    it.each([
      [{ storagePath: 'videos/2024', storageFilename: 'my-video' }, 'videos/2024/my-video.mp4'],
      [{ storagePath: 'videos/2024' }, 'videos/2024/Rick Astley - Never Gonna Give You Up.mp4'],
      [{ storageFilename: 'my-video' }, 'my-video.mp4'],
      [{}, 'Rick Astley - Never Gonna Give You Up.mp4'],
      [
        { storagePath: '{uploader}', storageFilename: '{id} {title}' },
        'Rick Astley/dQw4w9WgXcQ Rick Astley - Never Gonna Give You Up.mp4',
      ],
    ])('%j', async (request, key) => {
      const { endpoint, region, bucket, putOnly } = server();
      const api = await makeStored(
        { endpoint, region, bucket, ...putOnly },
        await makeApi(makeCustomerCtx()),
      );
      const answer = await api.call('POST', '/import', { url: URL, store: true, ...request });
      const { data } = await answer.json<{ data: { jobId: string } }>();
      const [job] = await api.ctx.db
        .update(jobs)
        .set({ status: 'processing', attempt: 1, leaseUntil: api.ctx.now() + 60_000 })
        .where(eq(jobs.id, data.jobId))
        .returning();
      const live = attemptOf(job!);
      const origin = { sourceId: 'dQw4w9WgXcQ', uploader: 'Rick Astley' };
      expect(await openPlacement(api.ctx, { live, file: artifactRequest({ origin }) })).toMatchObject({
        storage: 'destination',
      });
      expect((await placementsOf(api.ctx, live)).map((row) => row.key)).toEqual([key]);
    });
  },
);

describe('storage fields of a request without "store": true', () => {
  it.each([
    [{ storagePath: 'a', storageFilename: 'b' }, 'storagePath, storageFilename'],
    [
      { store: false, storageDestination: 'default', storageBucket: 'my-other-bucket' },
      'storageDestination, storageBucket',
    ],
  ])('%j has no effect, which the import reports as a warning', async (choice, names) => {
    const api = await makeStored();
    expect((await api.call('POST', '/import', { url: URL, ...choice })).status).toBe(200);
    expect(await jobOf(api)).toMatchObject({
      warnings: [`Without "store": true, files do not go to the S3 storage: ${names} had no effect.`],
    });
  });
});

describe('an invalid storage field is refused before the download', () => {
  it.each<[string, object, object, string, RegExp]>([
    [
      'a destination of nowhere',
      {},
      { storageDestination: 'archive' },
      'storageDestination',
      /no destination has the name archive; existing: default$/,
    ],
    ['a name that is none', {}, { storageDestination: 'Ar chive' }, 'storageDestination', /lower-case/],
    [
      'a bucket that is not allowed',
      { allowedBuckets: ['one', 'your-bucket'] },
      { storageBucket: 'two' },
      'storageBucket',
      /destination default does not allow two; it allows your-bucket, one$/,
    ],
    [
      'a bucket when none is allowed',
      { allowedBuckets: [] },
      { storageBucket: 'two' },
      'storageBucket',
      /it allows your-bucket$/,
    ],
    [
      'a bucket that leaves its place',
      {},
      { storageBucket: '../x' },
      'storageBucket',
      /must be the name of the bucket/,
    ],
    [
      'a class that Amazon lacks',
      {},
      { storageClass: 'INTELIGENT_TIERING' },
      'storageClass',
      /Amazon S3 has no INTELIGENT_TIERING; it has STANDARD, INTELLIGENT_TIERING, /,
    ],
    [
      'a class that R2 lacks',
      R2,
      { storageClass: 'INTELLIGENT_TIERING' },
      'storageClass',
      /Cloudflare R2 has no INTELLIGENT_TIERING; it has STANDARD, STANDARD_IA$/,
    ],
    [
      'a class that B2 lacks',
      B2,
      { storageClass: 'GLACIER' },
      'storageClass',
      /Backblaze B2 has no GLACIER; it has STANDARD$/,
    ],
    ['a class that is none', OTHER, { storageClass: 'A B' }, 'storageClass', /name of a storage class/],
    [
      'a condition that B2 lacks',
      B2,
      { storageConflict: 'rename' },
      'storageConflict',
      /Backblaze B2 has no conditional writes, which rename needs/,
    ],
    ['a condition of nowhere', {}, { storageConflict: 'skip' }, 'storageConflict', /overwrite/],
    [
      'a placeholder of nowhere in the path',
      {},
      { storagePath: 'a/{tilte}' },
      'storagePath',
      /no placeholder \{tilte\}/,
    ],
    [
      'a placeholder of nowhere in the name',
      {},
      { storageFilename: '{tilte}' },
      'storageFilename',
      /no placeholder \{tilte\}/,
    ],
    ['a path of 2,000 characters', {}, { storagePath: 'x'.repeat(2000) }, 'storagePath', /1024|longer/],
    [
      'a path that is too long with its placeholders',
      {},
      { storagePath: '{title}/'.repeat(100) },
      'storagePath',
      /longer/,
    ],
  ])('%s', async (_name, settings, request, field, message) => {
    const api = await makeStored(settings);
    const answer = await api.call('POST', '/import', { url: URL, store: true, ...request });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual(refused(field, message));
    expect(await jobOf(api)).toBeUndefined();
  });

  it('refuses a destination when there is none', async () => {
    const api = await makeApi();
    const answer = await api.call('POST', '/import', { url: URL, storageDestination: 'archive' });
    expect(await answer.json()).toEqual(refused('storageDestination', /none exists$/));
  });

  it("refuses another workspace's destination", async () => {
    const [mine, theirs] = [await makeApi(), await makeApi()];
    await theirs.call('PUT', '/storage/destinations/archive', SETTINGS);
    const answer = await mine.call('POST', '/import', {
      url: URL,
      store: true,
      storageDestination: 'archive',
    });
    expect(answer.status).toBe(400);
  });
});

describe('a valid storage field is accepted', () => {
  it.each<[string, object, object]>([
    ['any bucket where the settings name none', {}, { storageBucket: 'my-other-bucket' }],
    ["the settings' own bucket", { allowedBuckets: ['one'] }, { storageBucket: 'your-bucket' }],
    ['an allowed bucket', { allowedBuckets: ['one'] }, { storageBucket: 'one' }],
    ['any class where the provider is not known', OTHER, { storageClass: 'COLDER_THAN_ICE' }],
    ['a condition at Amazon', {}, { storageConflict: 'fail' }],
    ['a condition at R2', R2, { storageConflict: 'rename' }],
    ['no condition at B2', B2, { storageConflict: 'overwrite' }],
  ])('%s', async (_name, settings, request) => {
    const api = await makeStored(settings);
    const answer = await api.call('POST', '/import', { url: URL, store: true, ...request });
    expect(answer.status).toBe(200);
    expect(await jobOf(api)).toMatchObject({ request, warnings: null });
  });

  it('is checked against the settings of the destination that the request names', async () => {
    const api = await makeStored(R2);
    await api.call('PUT', '/storage/destinations/archive', SETTINGS);
    const request = { url: URL, store: true, storageClass: 'GLACIER' };
    expect((await api.call('POST', '/import', request)).status).toBe(400);
    const named = await api.call('POST', '/import', { ...request, storageDestination: 'archive' });
    expect(named.status).toBe(200);
  });

  it('accepts a storage class in lower case', async () => {
    const api = await makeStored();
    await api.call('POST', '/import', { url: URL, store: true, storageClass: 'standard_ia' });
    expect(await jobOf(api)).toMatchObject({ request: { storageClass: 'STANDARD_IA' } });
  });

  it('adds a warning while it is unknown whether the bucket supports conditional writes', async () => {
    const request = { url: URL, store: true, storageConflict: 'fail' };
    const ask = async (conditionalWrites?: boolean) => {
      const api = await makeStored(OTHER);
      const row = await api.ctx.db.query.destinations.findFirst({
        where: eq(destinations.workspaceId, api.workspaceId),
      });
      if (conditionalWrites !== undefined) await recordFacts(api.ctx, row!, { conditionalWrites });
      const { status } = await api.call('POST', '/import', request);
      return { status, warnings: (await jobOf(api))?.warnings };
    };
    expect(await ask()).toEqual({
      status: 200,
      warnings: [expect.stringContaining('may not support conditional writes')],
    });
    expect(await ask(true)).toEqual({ status: 200, warnings: null });
    expect(await ask(false)).toEqual({ status: 400, warnings: undefined });
  });
});

it('does not upload to a bucket that the settings no longer allow', async () => {
  const api = await makeStored({}, await makeApi(makeCtx()));
  const answer = await api.call('POST', '/import', { url: URL, store: true, storageBucket: 'was-allowed' });
  const { data } = await answer.json<{ data: { jobId: string } }>();
  await makeStored({ allowedBuckets: [] }, api);
  const [job] = await api.ctx.db
    .update(jobs)
    .set({ status: 'processing', attempt: 1, leaseUntil: api.ctx.now() + 60_000 })
    .where(eq(jobs.id, data.jobId))
    .returning();
  const live = attemptOf(job!);
  expect(await openPlacement(api.ctx, { live, file: artifactRequest() })).toMatchObject({
    storage: 'service',
  });
  const rows = await placementsOf(api.ctx, live);
  const refusal = rows.find(({ destinationId }) => destinationId !== null);
  expect(refusal).toMatchObject({ bucket: 'was-allowed', errorCode: 'storage_bucket_not_allowed' });
});
