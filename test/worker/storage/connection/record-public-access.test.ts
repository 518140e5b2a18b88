/** What a finished import says of the visitors of its bucket. */
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { parseConfig } from '../../../../worker/config.ts';
import type { JobRow } from '../../../../worker/db/rows.ts';
import { completeJob } from '../../../../worker/jobs/complete-job.ts';
import { getJob } from '../../../../worker/jobs/details/get-job.ts';
import { describeStorage } from '../../../../worker/views/storage-view.ts';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import { findReferred } from '../../../../worker/storage/destinations/destinations.ts';
import { plainUrl } from '../../../../worker/storage/destinations/plain-url.ts';
import { s3Request } from '../../../../worker/storage/s3/client.ts';
import { saveDestination } from '../../../../worker/storage/destinations/save-destination.ts';
import { ADMIN, startStandIn } from '../providers/stand-in.ts';
import { makeClaimed } from '../../support/claimed.ts';
import { makePlacement, makeWorkspace } from '../../support/rows.ts';

const HOUR_MS = 3600_000;
const BUCKETS = [{ name: 'public-bucket', isPublic: true }, { name: 'private-bucket' }];

async function makePlace() {
  const standIn = await startStandIn({ buckets: BUCKETS });
  const { endpoint, region, bucket, ctx } = standIn;
  ctx.config = { ...parseConfig(env), EGRESS_ALLOW: `storage:${new URL(endpoint).host}` };
  const workspaceId = await makeWorkspace(ctx);
  const { accessKeyId, secretAccessKey } = ADMIN;
  const input = DestinationInput.parse({ endpoint, region, bucket, accessKeyId, secretAccessKey });
  await saveDestination(ctx, { workspaceId, input });
  const row = (await findReferred(ctx, { workspaceId }))!;

  /** An import whose object is stored, and reported complete. */
  async function finish(bucketName: string, key: string): Promise<JobRow> {
    await s3Request({ ...ctx, now: () => Date.now() }, standIn.target({ bucket: bucketName }, ADMIN), {
      method: 'PUT',
      key,
      body: 'x',
    });
    const { job, ref } = await makeClaimed(ctx, {
      workspaceId,
      request: { url: 'https://a.example/b', store: true },
    });
    const url = plainUrl(row, { bucket: bucketName, key });
    await makePlacement(ctx, job, { destinationId: row.id, bucket: bucketName, key, url });
    expect(await completeJob(ctx, { ref, report: { warnings: [] } })).toEqual({ directive: 'continue' });
    return job;
  }
  const storageOf = async ({ id }: JobRow) =>
    (await describeStorage(ctx, await getJob(ctx, { workspaceId, jobId: id }))).storage;
  const visits = async () => {
    const { requests } = await standIn.read();
    return requests
      .filter(({ signedBy }) => signedBy === 'anonymous')
      .map(({ method, path }) => `${method} ${path}`);
  };
  return { standIn, ctx, finish, storageOf, visits };
}

it('is found after it is complete, and said from then on', async () => {
  const { ctx, finish, storageOf, visits } = await makePlace();
  const open = await finish('public-bucket', 'a b.mp4');
  expect(await storageOf(open)).toEqual({ status: 'stored', bucket: 'public-bucket', key: 'a b.mp4' });
  await ctx.settled();
  expect(await visits()).toEqual(['GET /public-bucket/a%20b.mp4', 'OPTIONS /public-bucket/a%20b.mp4']);
  expect(await storageOf(open)).toMatchObject({ publiclyReadable: true, cors: false });
  const closed = await finish('private-bucket', 'c.mp4');
  await ctx.settled();
  expect(await storageOf(closed)).toMatchObject({ publiclyReadable: false, cors: false });
  expect(await storageOf(open)).toMatchObject({ publiclyReadable: true });
});

it('is found once a day for each bucket, however many imports end at once', async () => {
  const { ctx, finish, visits } = await makePlace();
  await Promise.all(Array.from({ length: 10 }, (_, index) => finish('public-bucket', `${index}.mp4`)));
  await ctx.settled();
  await finish('public-bucket', 'later.mp4');
  await ctx.settled();
  expect(await visits()).toHaveLength(2);
  ctx.clock.advance(25 * HOUR_MS);
  await finish('public-bucket', 'next-day.mp4');
  await ctx.settled();
  expect((await visits()).slice(2)).toEqual([
    'GET /public-bucket/next-day.mp4',
    'OPTIONS /public-bucket/next-day.mp4',
  ]);
});

it('holds nobody up, and is asked again when nothing answered', async () => {
  const { standIn, ctx, finish, storageOf, visits } = await makePlace();
  await standIn.addFault({ operation: 'GetObject', kind: 'reset', afterBytes: 0 });
  const job = await finish('public-bucket', 'a.mp4');
  await ctx.settled();
  expect(await storageOf(job)).toEqual({ status: 'stored', bucket: 'public-bucket', key: 'a.mp4' });
  await finish('public-bucket', 'b.mp4');
  await ctx.settled();
  expect(await visits()).toContain('OPTIONS /public-bucket/b.mp4');
  expect(await storageOf(job)).toMatchObject({ publiclyReadable: true });
});
