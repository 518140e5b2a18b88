import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ImportView } from '../../../worker/contract/api/import-view.ts';
import { FlatPayload, FullPayload } from '../../../worker/contract/api/webhooks/payload.ts';
import type { ImportRequest } from '../../../worker/contract/api/import-request.ts';
import { artifacts } from '../../../worker/db/tables/artifacts.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { flatPayload } from '../../../worker/webhooks/payload.ts';
import { startRequestedStore } from '../../../worker/transfers/start-store-job.ts';
import { makeClaimed } from '../support/claimed.ts';
import { DESCRIPTION } from '../support/described.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';
import { fail, makeDestination, makeImported, succeed } from '../transfers/imported.ts';
import { deliveriesOf, makeEndpoint, sendWoken, startReceiver } from './receiver.ts';

beforeEach(emptyTables);

const S3_URL = 'https://your-bucket.s3.us-east-1.amazonaws.com/videos/2024/my-video.mp4';

/** A completed import as its status shows it, with what the examples of Importly name. */
const completed = {
  jobId: 'abc123',
  status: 'completed',
  mediaUrl: 'https://cdn.importly.io/abc123/video.mp4',
  media: { contentType: 'video/mp4' },
  costInMicrodollars: 520_000,
} as ImportView;

describe('the flat body', () => {
  it("is Importly's example of a completed import, letter for letter", () => {
    expect(JSON.stringify(flatPayload(completed), null, 2)).toBe(`{
  "jobId": "abc123",
  "status": "completed",
  "mediaUrl": "https://cdn.importly.io/abc123/video.mp4",
  "creditsUsed": 52,
  "message": "Your video is ready!"
}`);
  });

  it("is Importly's example of a file in the customer's bucket, letter for letter", () => {
    const s3Storage = { url: S3_URL, bucket: 'your-bucket', key: 'videos/2024/my-video.mp4' };
    const view = { ...completed, mediaUrl: S3_URL, s3Storage } as ImportView;
    expect(JSON.stringify(flatPayload(view), null, 2)).toBe(`{
  "jobId": "abc123",
  "status": "completed",
  "mediaUrl": "https://your-bucket.s3.us-east-1.amazonaws.com/videos/2024/my-video.mp4",
  "s3Storage": {
    "url": "https://your-bucket.s3.us-east-1.amazonaws.com/videos/2024/my-video.mp4",
    "bucket": "your-bucket",
    "key": "videos/2024/my-video.mp4"
  },
  "creditsUsed": 52,
  "message": "Your video is ready and uploaded to S3!"
}`);
  });

  it.each([
    ['audio/mpeg', 'Your audio is ready!'],
    ['image/png', 'Your image is ready!'],
    ['application/ogg', 'Your file is ready!'],
  ])('names what %s is', (contentType, message) => {
    expect(flatPayload({ ...completed, media: { contentType } } as ImportView).message).toBe(message);
  });

  it.each([
    [0, 0],
    [4_999, 0],
    [5_000, 1],
    [47_186, 5],
    [10_000_000, 1000],
  ])('of a cost of %s millionths of a dollar has %s credits', (costInMicrodollars, creditsUsed) => {
    expect(flatPayload({ ...completed, costInMicrodollars } as ImportView).creditsUsed).toBe(creditsUsed);
  });
});

/** A workspace with an endpoint for every event, and what it received so far by type. */
async function startListening(format: 'flat' | 'full' = 'flat') {
  const receiver = startReceiver();
  const { ctx } = receiver;
  const workspaceId = await makeWorkspace(ctx);
  const events = [
    'import.completed',
    'import.failed',
    'import.canceled',
    'import.stored',
    'store.completed',
    'store.failed',
    'store.canceled',
    'metadata.completed',
    'metadata.failed',
    'basic-metadata.completed',
    'basic-metadata.failed',
  ] as const;
  await makeEndpoint(ctx, workspaceId, { events: [...events], format });
  const told = async () => {
    for (let round = 0; round < 3; round++) await sendWoken(ctx);
    return Object.fromEntries(
      receiver.received.map(({ headers, body }) => [
        headers['webhook-event'],
        (format === 'flat' ? FlatPayload : FullPayload).parse(JSON.parse(body)),
      ]),
    );
  };
  return { ...receiver, workspaceId, told };
}

describe('every end of every kind of job is announced', () => {
  it('when an import fails or is canceled', async () => {
    const { ctx, workspaceId, told } = await startListening();
    const { ref } = await makeClaimed(ctx, { workspaceId });
    await failJob(ctx, {
      ref,
      report: { failure: { code: 'source_not_found', detail: 'HTTP 404' }, source: null },
    });
    const { id: jobId } = await makeJob(ctx, { workspaceId });
    await cancelJob(ctx, { workspaceId, jobId });
    const nothing = { mediaUrl: null, creditsUsed: 0 };
    expect(await told()).toEqual({
      'import.failed': {
        jobId: ref.jobId,
        status: 'failed',
        ...nothing,
        message: expect.stringMatching(/\(HTTP 404\)$/),
      },
      'import.canceled': { jobId, status: 'canceled', ...nothing, message: 'Import canceled.' },
    });
  });

  it('when the metadata of a source is known, or cannot be read', async () => {
    const { ctx, workspaceId, told } = await startListening();
    const known = await makeClaimed(ctx, { workspaceId, kind: 'metadata', startedAt: ctx.now() });
    await completeJob(ctx, { ref: known.ref, report: { warnings: [], description: DESCRIPTION } });
    const basic = await makeClaimed(ctx, { workspaceId, kind: 'basic_metadata', startedAt: ctx.now() });
    await completeJob(ctx, { ref: basic.ref, report: { warnings: [], description: DESCRIPTION } });
    for (const kind of ['metadata', 'basic_metadata'] as const) {
      const { ref } = await makeClaimed(ctx, { workspaceId, kind });
      await failJob(ctx, { ref, report: { failure: { code: 'private_media' }, source: null } });
    }
    const ready = { status: 'completed', mediaUrl: null, creditsUsed: 1, message: 'Your metadata is ready!' };
    const failed = { status: 'failed', mediaUrl: null, creditsUsed: 0, message: 'The media is private.' };
    expect(await told()).toMatchObject({
      'metadata.completed': { jobId: known.job.id, ...ready },
      'basic-metadata.completed': { jobId: basic.job.id, ...ready },
      'metadata.failed': failed,
      'basic-metadata.failed': failed,
    });
  });

  it('when a file is stored later, fails to be stored, or need not be stored any more', async () => {
    const { ctx, workspaceId, told } = await startListening();
    const { id: destinationId } = await makeDestination(ctx, workspaceId, { fallback: 'service' });
    const job = await makeImported(ctx, { workspaceId });
    const order = { importJob: job, destinationId, request: job.request };
    await startRequestedStore(ctx, order);
    const failed = await fail(ctx);
    const canceled = await startRequestedStore(ctx, order);
    await cancelJob(ctx, { workspaceId, jobId: canceled!.id });
    await startRequestedStore(ctx, order);
    const stored = await succeed(ctx, destinationId);
    const events = await told();
    const s3Storage = { url: 'https://bucket.example/clip.mp4', bucket: 'bucket', key: 'clip.mp4' };
    const place = { mediaUrl: s3Storage.url, s3Storage, message: 'Your video is ready and uploaded to S3!' };
    expect(events).toMatchObject({
      'import.stored': { jobId: job.id, status: 'completed', ...place },
      'store.completed': { jobId: stored.id, status: 'completed', creditsUsed: 0, ...place },
      'store.failed': { jobId: failed.id, status: 'failed' },
      'store.canceled': { jobId: canceled!.id, status: 'canceled' },
    });
  });
});

it('the full body of metadata has the answer of its status call', async () => {
  const { ctx, workspaceId, told } = await startListening('full');
  const { job, ref } = await makeClaimed(ctx, { workspaceId, kind: 'metadata', startedAt: ctx.now() });
  await completeJob(ctx, { ref, report: { warnings: [], description: DESCRIPTION } });
  expect((await told())['metadata.completed']).toMatchObject({
    type: 'metadata.completed',
    data: { jobId: job.id, title: 'A film', availableFormats: [{}, {}], estimate: { importable: true } },
  });
});

it('the full body has the type, the time of the event and the status of the job', async () => {
  const { ctx, workspaceId, told } = await startListening('full');
  const job = await makeImported(ctx, { workspaceId });
  const at = new Date(ctx.now()).toISOString();
  ctx.clock.advance(5_000);
  expect(await told()).toEqual({
    'import.completed': {
      type: 'import.completed',
      timestamp: at,
      data: expect.objectContaining({
        jobId: job.id,
        status: 'completed',
        title: 'clip',
        costInMicrodollars: 3,
      }),
    },
  });
});

it('a title cannot add headers or members', async () => {
  const { ctx, received, workspaceId, told } = await startListening('full');
  const job = await makeImported(ctx, { workspaceId });
  const title = 'a\r\nwebhook-id: forged\r\n\r\n{"jobId":"x"}","status":"failed\u2028\u0000';
  await ctx.db.update(artifacts).set({ title }).where(eq(artifacts.jobId, job.id));
  expect(await told()).toMatchObject({ 'import.completed': { data: { jobId: job.id, title } } });
  expect(received[0]?.headers['webhook-id']).not.toBe('forged');
  for (const character of ['\r', '\n', '\0']) expect(received[0]?.body).not.toContain(character);
});

describe('the URL that a request names', () => {
  async function importTo(webhookUrl: string, more: Partial<ImportRequest> = {}) {
    const receiver = startReceiver();
    const workspaceId = await makeWorkspace(receiver.ctx);
    const job = await makeImported(receiver.ctx, { workspaceId, request: { webhookUrl, ...more } });
    return { ...receiver, workspaceId, job };
  }

  it('is told about the end of its own job only', async () => {
    const { ctx, received, workspaceId, job } = await importTo('https://caller.example.com/done?token=1');
    const { id: destinationId } = await makeDestination(ctx, workspaceId);
    await makeImported(ctx, { workspaceId });
    await startRequestedStore(ctx, { importJob: job, destinationId, request: job.request });
    await succeed(ctx, destinationId);
    for (let round = 0; round < 3; round++) await sendWoken(ctx);
    expect(received.map(({ url, body }) => [url, (JSON.parse(body) as { jobId: string }).jobId])).toEqual([
      ['https://caller.example.com/done?token=1', job.id],
    ]);
  });

  it('that is gone stops its own delivery, and no other URL', async () => {
    const { ctx, answers, received, workspaceId } = await importTo('https://caller.example.com/gone');
    answers[0] = () => new Response(null, { status: 410 });
    await sendWoken(ctx);
    const url = 'https://media.example/clip.mp4';
    const request = { url, webhookUrl: 'https://caller.example.com/there' };
    answers[0] = () => new Response();
    const { id: jobId } = await makeJob(ctx, { workspaceId, request });
    await cancelJob(ctx, { workspaceId, jobId });
    await sendWoken(ctx);
    expect(received).toHaveLength(2);
    const ended = await deliveriesOf(ctx, workspaceId);
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['delivered', 'failed']);
    expect(await ctx.db.$count(jobs, eq(jobs.workspaceId, workspaceId))).toBe(2);
  });
});
