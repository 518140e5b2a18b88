import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { parsePlans } from '../../../worker/contract/plans.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { copyRows, numbered } from '../support/copy-rows.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob } from '../support/rows.ts';
import { OFFLINE } from '../transfers/imported.ts';

beforeEach(emptyTables);

const VIDEO = { url: 'https://media.example.com/clip.mp4' };
const TWO = { free: { maxConcurrentImports: 2 } };

function limitedCtx(plans: object, overrides: Partial<TestCtx> = {}): TestCtx {
  const ctx = makeCtx({ ...OFFLINE, ...overrides });
  return { ...ctx, config: { ...ctx.config, RATE_LIMITS: 'on', PLANS: parsePlans(JSON.stringify(plans)) } };
}

describe('a plan with a limit of unfinished imports', () => {
  it('refuses a further one as Importly does, also among parallel requests', async () => {
    const api = await makeApi(limitedCtx(TWO));
    const answers = await Promise.all(Array.from({ length: 6 }, () => api.call('POST', '/import', VIDEO)));
    const { 200: queued, 429: refused } = Object.groupBy(answers, ({ status }) => status);
    expect([queued?.length, refused?.length]).toEqual([2, 4]);
    const [answer] = refused ?? [];
    expect(answer?.headers.get('Retry-After')).toBe('30');
    expect(await answer?.json()).toEqual({
      success: false,
      error: 'Concurrent limit exceeded. Max 2 concurrent import jobs allowed.',
      concurrentLimit: 2,
      currentConcurrent: 2,
      endpoint: '/import',
      code: 'concurrency_limited',
      retryable: true,
      hint: expect.any(String),
      requestId: answer?.headers.get('X-Request-Id'),
    });
  });

  it('accepts one when another has ended, and counts neither store jobs nor other workspaces', async () => {
    const api = await makeApi(limitedCtx(TWO));
    const { ctx, workspaceId } = api;
    await makeJob(ctx);
    await makeJob(ctx, { workspaceId, kind: 'store' });
    await makeJob(ctx, { workspaceId, status: 'processing' });
    const started = await api.call('POST', '/import', VIDEO);
    const { data } = await started.json<{ data: { jobId: string } }>();
    expect((await api.call('POST', '/import', VIDEO)).status).toBe(429);
    await api.call('DELETE', `/imports/${data.jobId}`);
    expect((await api.call('POST', '/import', VIDEO)).status).toBe(200);
  });

  it('refuses a retry, too', async () => {
    const api = await makeApi(limitedCtx({ free: { maxConcurrentImports: 1 } }));
    const { ctx, workspaceId } = api;
    const failed = await makeJob(ctx, { workspaceId, status: 'failed' });
    await makeJob(ctx, { workspaceId });
    const path = `/imports/${failed.id}/retry`;
    const refused = await api.call('POST', path);
    expect(await refused.json()).toMatchObject({ code: 'concurrency_limited', endpoint: path });
  });

  it('says so when the queue is the reason', async () => {
    const ctx = limitedCtx({ free: { maxConcurrentImports: 9 } });
    ctx.config = { ...ctx.config, MAX_QUEUED_JOBS: 1 };
    const api = await makeApi(ctx);
    await api.call('POST', '/import', VIDEO);
    const refused = await api.call('POST', '/import', VIDEO);
    expect(await refused.json()).toMatchObject({ code: 'queue_full', endpoint: '/import' });
  });

  it('reads a few rows, however many imports have ended', async () => {
    const { db, costOf } = meteredDb();
    const api = await makeApi(limitedCtx({ free: { maxConcurrentImports: 9 } }, { db }));
    await makeJob(api.ctx, { workspaceId: api.workspaceId, status: 'completed' });
    const start = () => costOf(() => api.call('POST', '/import', VIDEO));
    await start();
    const before = await start();
    await copyRows(api.ctx, jobs, {
      count: 300,
      changed: { id: numbered('id') },
      where: sql`status = 'completed'`,
    });
    const after = await start();
    expect(after.rowsRead - before.rowsRead).toBeLessThan(10);
  });
});

describe('a plan with a limit of unfinished metadata requests', () => {
  const FIVE = { free: { maxConcurrentMetadata: 5 } };
  const PAGE = { url: 'https://video.example.com/watch?v=1' };
  const start = (api: TestApi, index: number) =>
    api.call('POST', index % 2 === 0 ? '/metadata' : '/metadata/basic', PAGE);

  it('refuses a further one in the form of the limit of imports, also among parallel requests of both kinds', async () => {
    const api = await makeApi(limitedCtx(FIVE));
    const answers = await Promise.all(Array.from({ length: 9 }, (_, index) => start(api, index)));
    const { 200: queued, 429: refused } = Object.groupBy(answers, ({ status }) => status);
    expect([queued?.length, refused?.length]).toEqual([5, 4]);
    const query = new URLSearchParams(PAGE);
    const byGet = await api.call('GET', `/metadata/basic?${query.toString()}`);
    expect(byGet.headers.get('Retry-After')).toBe('30');
    expect(await byGet.json()).toEqual({
      success: false,
      error: 'Concurrent limit exceeded. Max 5 concurrent metadata jobs allowed.',
      concurrentLimit: 5,
      currentConcurrent: 5,
      endpoint: '/metadata/basic',
      code: 'concurrency_limited',
      retryable: true,
      hint: expect.any(String),
      requestId: byGet.headers.get('X-Request-Id'),
    });
  });

  it('counts neither imports, nor requests that have ended, nor other workspaces, and imports are not counted with them', async () => {
    const plans = { free: { maxConcurrentMetadata: 1, maxConcurrentImports: 1 } };
    const api = await makeApi(limitedCtx(plans));
    const { ctx, workspaceId } = api;
    await makeJob(ctx, { kind: 'metadata' });
    await makeJob(ctx, { workspaceId, kind: 'metadata', status: 'completed' });
    await makeJob(ctx, { workspaceId, kind: 'basic_metadata', status: 'failed' });
    expect((await api.call('POST', '/import', VIDEO)).status).toBe(200);
    expect((await start(api, 0)).status).toBe(200);
    expect((await start(api, 1)).status).toBe(429);
    expect((await api.call('POST', '/import', VIDEO)).status).toBe(429);
  });

  it('reads a few rows, however many requests have ended', async () => {
    const { db, costOf } = meteredDb();
    const api = await makeApi(limitedCtx({ free: { maxConcurrentMetadata: 9 } }, { db }));
    await makeJob(api.ctx, { workspaceId: api.workspaceId, kind: 'metadata', status: 'completed' });
    await start(api, 0);
    const before = await costOf(() => start(api, 0));
    await copyRows(api.ctx, jobs, {
      count: 300,
      changed: { id: numbered('id') },
      where: sql`status = 'completed'`,
    });
    const after = await costOf(() => start(api, 0));
    expect(after.rowsRead - before.rowsRead).toBeLessThan(10);
  });
});

it.each([
  ['another plan', limitedCtx({ paid: { maxConcurrentImports: 1 } })],
  [
    'RATE_LIMITS off',
    { ...limitedCtx(TWO), config: { ...limitedCtx(TWO).config, RATE_LIMITS: 'off' as const } },
  ],
])('with %s, imports wait for their turn', async (_name, ctx) => {
  const api = await makeApi(ctx);
  const answers = [1, 2, 3].map(() => api.call('POST', '/import', VIDEO));
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
});
