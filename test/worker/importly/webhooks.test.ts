/** Every documented event with its body. */
import { beforeEach, describe, expect, it } from 'vitest';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { refOf } from '../support/claimed.ts';
import { DESCRIPTION, type Body } from '../support/described.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeEndpoint, sendWoken, startReceiver, type Received } from '../webhooks/receiver.ts';
import { downloadToService, importToBucket } from './downloads.ts';
import { withValues } from './published.ts';

beforeEach(emptyTables);

const HOOK = 'https://your-app.com/api/importly-webhook';
const SOURCE = { url: 'https://example.com/video.mp4' };

const COMPLETED = `{
  "jobId": "abc123",
  "status": "completed",
  "mediaUrl": "https://cdn.importly.io/abc123/video.mp4",
  "creditsUsed": 52,
  "message": "Your video is ready!"
}`;
const COMPLETED_IN_S3 = `{
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
}`;

/** Every body in the form of the documentation, with the event that it is about. */
const bodiesOf = (received: Received[]) =>
  received.map(({ url, headers, body }) => [
    url,
    headers['webhook-event'],
    JSON.stringify(JSON.parse(body), null, 2),
  ]);

async function start(api: TestApi, path: string): Promise<string> {
  return (await (await api.call('POST', path, { ...SOURCE, webhookUrl: HOOK })).json<Body>()).data.jobId;
}

async function claim({ ctx }: TestApi) {
  return (await claimNext(ctx, { slot: 'slot-0' }))!;
}

describe('import.completed', () => {
  it('has the body of the documentation, letter for letter, for the webhook of the request and that of the workspace', async () => {
    const { ctx, received } = startReceiver();
    // The MB of this test costs what the file of the example costs.
    ctx.config = { ...ctx.config, PRICE_PER_MB_USD: 0.52 };
    const api = await makeApi(ctx);
    await makeEndpoint(ctx, api.workspaceId);
    const jobId = await start(api, '/import');
    await downloadToService(api, 1_000_000);
    await sendWoken(ctx);
    const status = await (await api.call('GET', `/import/status?id=${jobId}`)).json<Body>();
    const mediaUrl = String(status.data['mediaUrl']);
    const expected = withValues(COMPLETED, {
      'https://cdn.importly.io/abc123/video.mp4': mediaUrl,
      abc123: jobId,
    });
    expect(new Set(received.map(({ url }) => url))).toEqual(new Set([HOOK, 'https://app.example.com/hook']));
    for (const [, event, body] of bodiesOf(received))
      expect([event, body]).toEqual(['import.completed', expected]);
  });

  it('has s3Storage for a file in the bucket of the guide, letter for letter (strict stand-in for Amazon S3)', async () => {
    const { received, ctx: receiving } = startReceiver();
    const { api, jobId } = await importToBucket({ more: { webhookUrl: HOOK }, others: receiving.fetch });
    await sendWoken(api.ctx);
    // The 15 MiB of the guide cost 5 cents.
    const expected = withValues(COMPLETED_IN_S3, { abc123: jobId, '"creditsUsed": 52': '"creditsUsed": 5' });
    expect(bodiesOf(received)).toEqual([[HOOK, 'import.completed', expected]]);
  });
});

describe.each([
  ['metadata', '/metadata'],
  ['basic-metadata', '/metadata/basic'],
])('%s.completed', (name, path) => {
  it('has the members of an import ([I]: the stored page ends before its example), and costs a cent', async () => {
    const { ctx, received } = startReceiver();
    const api = await makeApi(ctx);
    const jobId = await start(api, path);
    const job = await claim(api);
    await completeJob(ctx, { ref: refOf(job), report: { warnings: [], description: DESCRIPTION } });
    await sendWoken(ctx);
    expect(
      received.map(({ url, headers, body }) => [url, headers['webhook-event'], JSON.parse(body)]),
    ).toEqual([
      [
        HOOK,
        `${name}.completed`,
        { jobId, status: 'completed', mediaUrl: null, creditsUsed: 1, message: 'Your metadata is ready!' },
      ],
    ]);
  });
});

describe.each([
  ['import', '/import'],
  ['metadata', '/metadata'],
  ['basic-metadata', '/metadata/basic'],
])('%s.failed', (name, path) => {
  it('has the status failed and costs nothing ([I]: the stored page has no example)', async () => {
    const { ctx, received } = startReceiver();
    const api = await makeApi(ctx);
    const jobId = await start(api, path);
    const report = { failure: { code: 'source_not_found' }, source: null } as const;
    await failJob(ctx, { ref: refOf(await claim(api)), report });
    await sendWoken(ctx);
    expect(
      received.map(({ url, headers, body }) => [url, headers['webhook-event'], JSON.parse(body)]),
    ).toEqual([
      [
        HOOK,
        `${name}.failed`,
        { jobId, status: 'failed', mediaUrl: null, creditsUsed: 0, message: expect.stringMatching(/\.$/) },
      ],
    ]);
  });
});
