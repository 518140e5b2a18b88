import { and, eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { parsePlans } from '../../../worker/contract/plans.ts';
import { batches } from '../../../worker/db/tables/batches.ts';
import { events } from '../../../worker/db/tables/events.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { ledger } from '../../../worker/db/tables/ledger.ts';
import { webhookDeliveries } from '../../../worker/db/tables/webhooks.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { payloadOf } from '../../../worker/webhooks/payload.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { refOf } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { completeNext, dataOf, failNext, getBatch, someUrls, startBatch, type Batch } from './batch-api.ts';

beforeEach(emptyTables);

const NONE = { queued: 0, processing: 0, completed: 0, failed: 0, canceled: 0 };

it('starts an import for each URL, with the shared options, in the order of the request', async () => {
  const api = await makeApi();
  const urls = someUrls(3);
  const started = await startBatch(api, { urls, options: { videoQuality: '720p' } });
  expect(started).toMatchObject({ status: 'processing', total: 3 });
  expect(await getBatch(api, started.batchId)).toMatchObject({ total: 3, counts: { ...NONE, queued: 3 } });
  const rows = await api.ctx.db.query.jobs.findMany({ orderBy: (job, { asc }) => [asc(job.id)] });
  expect(rows.map(({ request }) => request)).toEqual(urls.map((url) => ({ videoQuality: '720p', url })));
  expect(rows.map(({ batchIndex }) => batchIndex)).toEqual([0, 1, 2]);
  expect(api.ctx.rings).toHaveLength(1);
  for (const url of urls) expect((await claimNext(api.ctx, { slot: 'slot-0' }))?.request.url).toBe(url);
});

it('replaces shared options by those of an item', async () => {
  const api = await makeApi();
  const items = [
    { url: 'https://media.example/a' },
    { url: 'https://media.example/b', videoQuality: '360p' },
  ];
  await startBatch(api, { items, options: { videoQuality: '720p', includeAudio: false } });
  const rows = await api.ctx.db.query.jobs.findMany({ orderBy: (job, { asc }) => [asc(job.id)] });
  expect(rows.map(({ request }) => request)).toMatchObject([
    { videoQuality: '720p', includeAudio: false },
    { videoQuality: '360p', includeAudio: false },
  ]);
});

it.each<[string, object, string]>([
  ['no source', {}, 'urls'],
  ['two sources', { urls: someUrls(1), playlist: { url: 'https://a.example/' } }, 'playlist'],
  ['no URL', { urls: [] }, 'urls'],
  ['1,001 URLs', { urls: someUrls(1001) }, 'urls'],
  ['a URL that is none', { urls: ['https://a.example/', 'nothing'] }, 'urls.1'],
  ['an unknown option', { urls: someUrls(1), options: { vidoeQuality: '720p' } }, 'options.vidoeQuality'],
  [
    'an unknown field of an item',
    { items: [{ url: 'https://a.example/', webhook_url: 'https://a.example/' }] },
    'items.0.webhook_url',
  ],
  [
    'an item that contradicts the shared options',
    { items: [{ url: 'https://a.example/', includeVideo: false }], options: { includeAudio: false } },
    'items.0.includeAudio',
  ],
  [
    'a destination that does not exist',
    { items: [{ url: 'https://a.example/', store: true, storageDestination: 'none' }] },
    'items.0.storageDestination',
  ],
  [
    'a shared destination that does not exist',
    { urls: someUrls(2), options: { storageDestination: 'none' } },
    'options.storageDestination',
  ],
  ['an http webhook', { urls: someUrls(1), webhookUrl: 'http://hooks.example/' }, 'webhookUrl'],
])('refuses a body with %s and starts nothing', async (_name, body, field) => {
  const api = await makeApi();
  const answer = await api.call('POST', '/batches', body);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 'invalid_request', field });
  expect(await api.ctx.db.$count(jobs)).toBe(0);
  expect(await api.ctx.db.$count(batches)).toBe(0);
});

it('names the URL whose address is not allowed', async () => {
  const api = await makeApi();
  const answer = await api.call('POST', '/batches', { urls: [...someUrls(1), 'http://127.0.0.1/x'] });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 'source_address_forbidden', field: 'urls.1' });
  expect(await api.ctx.db.$count(jobs)).toBe(0);
});

it('answers a repeated Idempotency-Key with the same batch, also when both requests are parallel', async () => {
  const { anonymous, apiKey, ctx } = await makeApi();
  const send = (urls: string[]) =>
    anonymous('/batches', {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${apiKey}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': 'k',
      },
      body: JSON.stringify({ urls }),
    });
  const [one, two] = await Promise.all([send(someUrls(2)), send(someUrls(2))]);
  const [first, second] = [await dataOf<Batch>(one), await dataOf<Batch>(two)];
  expect(second).toEqual(first);
  expect(await ctx.db.$count(jobs)).toBe(2);
  expect((await send(someUrls(3))).status).toBe(422);
});

it('starts all imports or none when the queue has too little room', async () => {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, MAX_QUEUED_JOBS: 3 };
  const { call } = await makeApi(ctx);
  expect((await call('POST', '/batches', { urls: someUrls(2) })).status).toBe(200);
  const refused = await call('POST', '/batches', { urls: someUrls(2) });
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: 'queue_full' });
  expect(await ctx.db.$count(jobs)).toBe(2);
  expect((await call('POST', '/batches', { urls: someUrls(1) })).status).toBe(200);
});

it('counts each import of a batch for the limits of the plan', async () => {
  const ctx = makeCtx();
  const plan = { importsPerHour: 5, maxConcurrentImports: 4 };
  ctx.config = { ...ctx.config, RATE_LIMITS: 'on', PLANS: parsePlans(JSON.stringify({ free: plan })) };
  const { call } = await makeApi(ctx);
  const tooMany = await call('POST', '/batches', { urls: someUrls(6) });
  expect(await tooMany.json()).toMatchObject({ code: 'rate_limited', limit: 5 });
  const crowd = await call('POST', '/batches', { urls: someUrls(1) });
  expect(crowd.status).toBe(200);
  expect(crowd.headers.get('X-RateLimit-Remaining')).toBe('3');
  const rest = await call('POST', '/batches', { urls: someUrls(4) });
  expect(await rest.json()).toMatchObject({ code: 'rate_limited' });
  expect((await call('POST', '/batches', { urls: someUrls(2) })).headers.get('X-RateLimit-Remaining')).toBe(
    '0',
  );
});

it('refuses a batch with which too many imports of the plan would be unfinished', async () => {
  const ctx = makeCtx();
  ctx.config = {
    ...ctx.config,
    RATE_LIMITS: 'on',
    PLANS: parsePlans(JSON.stringify({ free: { maxConcurrentImports: 2 } })),
  };
  const { call } = await makeApi(ctx);
  const refused = await call('POST', '/batches', { urls: someUrls(3) });
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: 'concurrency_limited', concurrentLimit: 2 });
  expect((await call('POST', '/batches', { urls: someUrls(2) })).status).toBe(200);
});

it('is completed when every item has ended, and announces it once', async () => {
  const api = await makeApi();
  const { ctx, workspaceId, call } = api;
  const { id: endpointId } = await dataOf<{ id: string }>(
    call('POST', '/webhooks', {
      url: 'https://hooks.example/a',
      events: ['batch.completed'],
      format: 'full',
    }),
  );
  const webhookUrl = 'https://batch.example/done';
  const { batchId } = await startBatch(api, { urls: someUrls(3), webhookUrl });
  await completeNext(ctx);
  await failNext(ctx);
  expect(await getBatch(api, batchId)).toMatchObject({
    status: 'processing',
    counts: { ...NONE, queued: 1, completed: 1, failed: 1 },
  });
  expect(await ctx.db.$count(events, eq(events.type, 'batch.completed'))).toBe(0);
  await completeNext(ctx);
  expect(await getBatch(api, batchId)).toMatchObject({
    status: 'completed',
    counts: { ...NONE, completed: 2, failed: 1 },
    finishedAt: new Date(ctx.now()).toISOString(),
  });
  expect(await ctx.db.$count(events, eq(events.type, 'batch.completed'))).toBe(1);
  const told = await ctx.db.query.webhookDeliveries.findMany({
    where: and(eq(webhookDeliveries.workspaceId, workspaceId), eq(webhookDeliveries.type, 'batch.completed')),
  });
  expect(told.map(({ endpointId: id, url, lane, jobId }) => ({ id, url, lane, jobId }))).toEqual(
    expect.arrayContaining([
      { id: endpointId, url: null, lane: endpointId, jobId: batchId },
      { id: workspaceId, url: webhookUrl, lane: `${workspaceId} batch.example`, jobId: batchId },
    ]),
  );
  expect(told).toHaveLength(2);
  await ctx.settled();
  expect(ctx.wakes.filter(({ eventId }) => eventId === told[0]?.eventId)).toHaveLength(2);
  const flat = JSON.parse((await payloadOf(ctx, told[0]!, 'flat')) ?? '') as object;
  expect(flat).toEqual(await getBatch(api, batchId));
  const full = JSON.parse((await payloadOf(ctx, told[0]!, 'full')) ?? '') as object;
  expect(full).toMatchObject({ type: 'batch.completed', data: flat });
});

it('is still announced after its last import was deleted', async () => {
  const api = await makeApi();
  const { ctx, call } = api;
  await startBatch(api, { urls: someUrls(1), webhookUrl: 'https://batch.example/done' });
  const last = await completeNext(ctx);
  await call('GET', '/webhooks/requests');
  expect((await call('DELETE', `/imports/${last!.id}/record`)).status).toBe(200);
  expect(await ctx.db.$count(webhookDeliveries, eq(webhookDeliveries.type, 'batch.completed'))).toBe(1);
});

it('cancels queued items at once and running ones with their downloader, with one event for each and one for the batch', async () => {
  const api = await makeApi();
  const { ctx, call, workspaceId } = api;
  await call('POST', '/webhooks', {
    url: 'https://hooks.example/a',
    events: ['import.canceled', 'batch.completed'],
  });
  const options = { webhookUrl: 'https://items.example/x' };
  const { batchId } = await startBatch(api, { urls: someUrls(4), options });
  await completeNext(ctx);
  const running = (await claimNext(ctx, { slot: 'slot-0' }))!;
  const canceled = await dataOf<Batch>(call('POST', `/batches/${batchId}/cancel`));
  expect(canceled).toMatchObject({
    status: 'processing',
    counts: { ...NONE, completed: 1, processing: 1, canceled: 2 },
  });
  expect(ctx.downloader.canceled).toEqual([{ slot: 'slot-0', jobId: running.id }]);
  expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull();
  await failJob(ctx, { ref: refOf(running), report: { failure: { code: 'canceled' }, source: null } });
  expect(await getBatch(api, batchId)).toMatchObject({
    status: 'canceled',
    counts: { ...NONE, completed: 1, canceled: 3 },
  });
  expect(await ctx.db.$count(events, eq(events.type, 'import.canceled'))).toBe(3);
  expect(await ctx.db.$count(events, eq(events.type, 'batch.completed'))).toBe(1);
  expect(await ctx.db.$count(ledger, eq(ledger.status, 'canceled'))).toBe(3);
  const told = await ctx.db.query.webhookDeliveries.findMany({
    where: eq(webhookDeliveries.type, 'import.canceled'),
  });
  expect(told.filter(({ url }) => url === null)).toHaveLength(3);
  expect(told.filter(({ url }) => url === options.webhookUrl).map(({ lane }) => lane)).toEqual(
    Array.from({ length: 3 }, () => `${workspaceId} items.example`),
  );
  expect((await call('POST', `/batches/${batchId}/cancel`)).status).toBe(200);
  expect(await ctx.db.$count(events, eq(events.type, 'batch.completed'))).toBe(1);
});

it('ends a batch that is canceled while none of its items runs, with an event, and none of items that nobody is told', async () => {
  const api = await makeApi();
  const { batchId } = await startBatch(api, { urls: someUrls(2) });
  expect(await dataOf(api.call('POST', `/batches/${batchId}/cancel`))).toMatchObject({ status: 'canceled' });
  expect(await api.ctx.db.select().from(events)).toMatchObject([{ type: 'batch.completed' }]);
});

it('does not cancel a batch that has ended', async () => {
  const api = await makeApi();
  const { batchId } = await startBatch(api, { urls: someUrls(1) });
  await completeNext(api.ctx);
  const refused = await api.call('POST', `/batches/${batchId}/cancel`);
  expect(await refused.json()).toMatchObject({ code: 'batch_already_ended' });
});

it('imports the failed items of an ended batch again, in a new batch', async () => {
  const api = await makeApi();
  const { ctx, call } = api;
  const { batchId } = await startBatch(api, { urls: someUrls(3), options: { videoQuality: '720p' } });
  const failed = await failNext(ctx);
  expect(await (await call('POST', `/batches/${batchId}/retry`)).json()).toMatchObject({
    code: 'batch_not_ended',
  });
  await completeNext(ctx);
  await completeNext(ctx);
  const retried = await dataOf<Batch>(call('POST', `/batches/${batchId}/retry`));
  expect(retried.total).toBe(1);
  expect(await getBatch(api, retried.batchId)).toMatchObject({
    retryOf: batchId,
    counts: { ...NONE, queued: 1 },
  });
  const again = await completeNext(ctx);
  expect(again).toMatchObject({ retryOf: failed?.id, request: failed?.request });
  const nothing = await call('POST', `/batches/${retried.batchId}/retry`);
  expect(await nothing.json()).toMatchObject({ code: 'batch_has_no_failures' });
});

it('is not found by a stranger', async () => {
  const api = await makeApi();
  const stranger = await makeApi(api.ctx);
  const { batchId } = await startBatch(api, { urls: someUrls(1) });
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/items'],
    ['POST', '/cancel'],
    ['POST', '/retry'],
  ] as const) {
    const answer = await stranger.call(method, `/batches/${batchId}${path}`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'batch_not_found' });
  }
  expect(await dataOf(stranger.call('GET', '/batches'))).toEqual({ batches: [], nextCursor: null });
  expect(await getBatch(api, batchId)).toMatchObject({ counts: { ...NONE, queued: 1 } });
});
