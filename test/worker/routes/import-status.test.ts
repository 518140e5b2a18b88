import { describe, expect, it } from 'vitest';
import { eq } from 'drizzle-orm';
import { artifacts } from '../../../worker/db/tables/artifacts.ts';
import { type jobs } from '../../../worker/db/tables/jobs.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeJob, makePlacement } from '../support/rows.ts';

type Job = Partial<typeof jobs.$inferInsert>;

async function readStatus({ ctx, workspaceId, call }: TestApi, values: Job) {
  const job = await makeJob(ctx, { workspaceId, ...values });
  const answer = await call('GET', `/import/status?id=${job.id}`);
  expect(answer.status).toBe(200);
  const { data } = await answer.json<{ data: Record<string, unknown> }>();
  return { job, data };
}

async function makeCompleted(api: TestApi, values: Job = {}) {
  const { ctx } = api;
  const job = await makeJob(ctx, {
    workspaceId: api.workspaceId,
    status: 'completed',
    attempt: 1,
    startedAt: ctx.now(),
    finishedAt: ctx.now(),
    sourceWay: 'direct',
    sourceReason: 'The answer is video/mp4.',
    costMicrodollars: 47_186,
    warnings: ['a warning'],
    ...values,
  });
  const placement = await makePlacement(ctx, job, {}, 15_728_640);
  await ctx.db
    .update(artifacts)
    .set({
      crc32: 'AAAAAA==',
      facts: {
        container: 'mp4',
        durationSeconds: 240,
        width: 1920,
        height: 1080,
        videoCodec: 'h264',
        audioCodec: 'aac',
      },
    })
    .where(eq(artifacts.jobId, job.id));
  return { job, placement };
}

describe('GET /import/status', () => {
  it('shows a queued import', async () => {
    const { data } = await readStatus(await makeApi(), {});
    expect(data).toMatchObject({ status: 'queued', attempt: 0, startedAt: null, lastError: null });
  });

  it('shows why a queued import failed before', async () => {
    const { data } = await readStatus(await makeApi(), {
      failures: 1,
      attempt: 1,
      errorCode: 'source_timeout',
    });
    expect(data).toMatchObject({ status: 'queued', lastError: { code: 'source_timeout', retryable: true } });
  });

  it.each([
    [0, 1000, 0],
    [999, 1000, 99],
    [1000, 1000, 100],
    [1001, 1000, 100],
    [5, null, null],
  ])('shows %i of %j bytes of a processing import as %j percent', async (bytesDone, bytesTotal, percent) => {
    const api = await makeApi();
    const startedAt = api.ctx.now();
    const values: Job = { status: 'processing', stage: 'uploading', startedAt, bytesDone, bytesTotal };
    const { data } = await readStatus(api, values);
    expect(data).toMatchObject({ status: 'processing', stage: 'uploading', bytesDone, bytesTotal, percent });
  });

  it('promises further attempts only while there are some', async () => {
    const failure: Job = { attempt: 1, errorCode: 'source_unreachable', finishedAt: 2 };
    const waiting = await readStatus(await makeApi(), { ...failure, status: 'queued' });
    const failed = await readStatus(await makeApi(), { ...failure, status: 'failed' });
    const hint = 'Check the host name in the URL. Start it again later.';
    expect(failed.data).toMatchObject({ error: { hint } });
    expect(waiting.data).toMatchObject({
      lastError: { hint: expect.stringContaining('retries automatically') },
    });
  });

  it('shows a failed import with message, code and hint, and without cost', async () => {
    const api = await makeApi();
    const ended: Job = { status: 'failed', attempt: 1, finishedAt: api.ctx.now() };
    const { data } = await readStatus(api, {
      ...ended,
      errorCode: 'source_not_found',
      errorDetail: 'HTTP 404',
    });
    expect(data).toMatchObject({
      status: 'failed',
      message: 'The source reports that the file does not exist. (HTTP 404)',
      error: { code: 'source_not_found', hint: 'Check the URL.', retryable: false },
      costInDollars: 0,
      costInMicrodollars: 0,
    });
  });

  it("shows a completed import with Importly's members and the additional ones", async () => {
    const api = await makeApi();
    const { job } = await makeCompleted(api);
    const answer = await api.call('GET', `/import/status?id=${job.id}`);
    const { data } = await answer.json<{ data: Record<string, unknown> }>();
    expect(data).toMatchObject({
      jobId: job.id,
      status: 'completed',
      mediaUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:8787\/media\//),
      title: 'clip',
      duration: 240,
      fileSizeBytes: 15_728_640,
      costInDollars: 0.05,
      costInMicrodollars: 47_186,
      checksum: { crc32: 'AAAAAA==' },
      storage: { status: 'service' },
      source: { way: 'direct', reason: 'The answer is video/mp4.' },
      requested: {},
      actual: { container: 'mp4', width: 1920, framesPerSecond: null, bitsPerSecond: 524_288 },
      differences: [],
      media: { contentType: 'video/mp4', container: 'mp4', width: 1920 },
      warnings: ['a warning'],
    });
    expect(data).not.toHaveProperty('s3Storage');
  });

  it('names the missing query parameter', async () => {
    const { call } = await makeApi();
    const answer = await call('GET', '/import/status');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'id is missing', field: 'id' });
  });

  it.each(['00000000-0000-7000-8000-000000000000', 'nonsense', "' OR 1=1 --"])(
    'does not find the job %s',
    async (id) => {
      const { call } = await makeApi();
      const answer = await call('GET', `/import/status?id=${encodeURIComponent(id)}`);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'job_not_found' });
    },
  );

  it("neither shows nor cancels another workspace's import", async () => {
    const [mine, theirs] = [await makeApi(), await makeApi()];
    const job = await makeJob(theirs.ctx, { workspaceId: theirs.workspaceId });
    expect((await mine.call('GET', `/import/status?id=${job.id}`)).status).toBe(404);
    expect((await mine.call('DELETE', `/imports/${job.id}`)).status).toBe(404);
    expect((await theirs.call('GET', `/import/status?id=${job.id}`)).status).toBe(200);
  });
});

describe('DELETE /imports/{id}', () => {
  it('cancels a queued import immediately, and is idempotent', async () => {
    const { ctx, workspaceId, call } = await makeApi();
    const job = await makeJob(ctx, { workspaceId });
    const first = await (await call('DELETE', `/imports/${job.id}`)).json();
    expect(first).toMatchObject({ data: { status: 'canceled', attempt: 0, costInDollars: 0 } });
    expect(await (await call('DELETE', `/imports/${job.id}`)).json()).toEqual(first);
  });

  it('requests the cancelation of a running import and shows the time of the request', async () => {
    const { ctx, workspaceId, call } = await makeApi();
    const startedAt = ctx.now();
    const job = await makeJob(ctx, { workspaceId, status: 'processing', stage: 'downloading', startedAt });
    const answer = await call('DELETE', `/imports/${job.id}`);
    expect(await answer.json()).toMatchObject({
      data: { status: 'processing', cancelRequestedAt: new Date(ctx.now()).toISOString() },
    });
    expect(ctx.downloader.canceled).toEqual([{ slot: 'slot-0', jobId: job.id }]);
  });

  it('does not cancel an import that has ended', async () => {
    const api = await makeApi();
    const { job } = await makeCompleted(api);
    const answer = await api.call('DELETE', `/imports/${job.id}`);
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: 'job_already_ended', retryable: false });
  });
});
