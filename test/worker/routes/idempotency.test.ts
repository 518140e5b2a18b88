import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../worker/app.ts';
import { createApiKey } from '../../../worker/auth/keys/api-key.ts';
import { idempotencyKeys } from '../../../worker/db/tables/idempotency-keys.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { copyRows, numbered } from '../support/copy-rows.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import type { OpenApiDocument } from '../support/openapi.ts';
import { makeDestination, makeImported, OFFLINE, storesOf, succeed } from '../transfers/imported.ts';

beforeEach(emptyTables);

const VIDEO = { url: 'https://media.example.com/clip.mp4' };
const HOUR_MS = 3600_000;

interface Answer {
  success: boolean;
  code?: string;
  error?: string;
  field?: string;
  data: { jobId: string };
}

const makeOffline = () => makeApi(makeCtx(OFFLINE));

function post(api: TestApi, key: string, sent: { path?: string; body?: object; apiKey?: string } = {}) {
  const { path = '/import', body = VIDEO, apiKey = api.apiKey } = sent;
  return api.anonymous(path, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${apiKey}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
    },
    body: JSON.stringify(body),
  });
}

const jobIdOf = async (answer: Response) => (await answer.json<Answer>()).data.jobId;
const countJobs = ({ ctx, workspaceId }: TestApi) => ctx.db.$count(jobs, eq(jobs.workspaceId, workspaceId));

describe('a request with an Idempotency-Key', () => {
  it('gets the same answer again, and makes nothing new', async () => {
    const api = await makeOffline();
    const first = await post(api, 'order-1');
    const second = await post(api, 'order-1');
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(await second.json()).toEqual(await first.json());
    expect(first.headers.get('Idempotent-Replayed')).toBeNull();
    expect(second.headers.get('Idempotent-Replayed')).toBe('true');
    expect(await countJobs(api)).toBe(1);
    expect(api.ctx.rings).toEqual([0]);
  });

  it('makes one job when it arrives many times at once, also when the queue has room for only one', async () => {
    const api = await makeOffline();
    api.ctx.config = { ...api.ctx.config, MAX_QUEUED_JOBS: 1 };
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(api, 'twins')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(await Promise.all(answers.map(jobIdOf))).size).toBe(1);
    expect(await countJobs(api)).toBe(1);
  });

  it.each<[string, { path?: string; body?: object }]>([
    ['another body', { body: { url: 'https://media.example.com/other.mp4' } }],
    ['another path', { path: '/storage/migrate', body: {} }],
    ['a query', { path: '/import?a=1' }],
  ])('is refused when its key was used with %s', async (_name, changed) => {
    const api = await makeOffline();
    await makeDestination(api.ctx, api.workspaceId);
    const first = await jobIdOf(await post(api, 'order-2'));
    const refused = await post(api, 'order-2', changed);
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ code: 'idempotency_key_reused', retryable: false });
    expect(await countJobs(api)).toBe(1);
    expect(await jobIdOf(await post(api, 'order-2'))).toBe(first);
  });

  it('is not confused with one of another workspace, and does not depend on the API key', async () => {
    const [one, other] = [await makeOffline(), await makeOffline()];
    const first = await jobIdOf(await post(one, 'order-3'));
    expect(await jobIdOf(await post(other, 'order-3'))).not.toBe(first);
    const { workspaceId, ctx } = one;
    const { key: apiKey } = await createApiKey(ctx.db, { workspaceId, name: 'new', ...ctx });
    expect(await jobIdOf(await post(one, 'order-3', { apiKey }))).toBe(first);
  });

  it('is done later when it was refused at first', async () => {
    const api = await makeOffline();
    const { config } = api.ctx;
    api.ctx.config = { ...config, MAX_QUEUED_JOBS: 0 };
    expect((await post(api, 'order-4')).status).toBe(429);
    expect((await post(api, 'order-4', { body: { url: 'no URL' } })).status).toBe(400);
    api.ctx.config = config;
    expect((await post(api, 'order-4')).status).toBe(200);
    expect(await countJobs(api)).toBe(1);
  });

  it('gets its answer also when an error follows the batch that made the job', async () => {
    const api = await makeOffline();
    api.ctx.doorbell = { send: () => Promise.reject(new Error('no queue')) } as unknown as Queue<unknown>;
    api.ctx.log = {
      info: () => undefined,
      error: () => {
        throw new Error('no log');
      },
    };
    const answer = await post(api, 'order-5');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Idempotent-Replayed')).toBe('true');
    expect(await countJobs(api)).toBe(1);
  });

  it.each([
    ['an empty key', ''],
    ['a key of 256 characters', 'k'.repeat(256)],
    ['a key with a space', 'my key'],
    ['a key that is not ASCII', 'clé'],
  ])('is refused with %s', async (_name, key) => {
    const api = await makeOffline();
    const answer = await post(api, key);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_request', field: 'Idempotency-Key' });
    expect(await countJobs(api)).toBe(0);
  });

  it('gets the job of the first request for a store job, also after that job has ended', async () => {
    const api = await makeOffline();
    const { id: destinationId } = await makeDestination(api.ctx, api.workspaceId);
    const { id } = await makeImported(api.ctx, { workspaceId: api.workspaceId });
    const path = `/imports/${id}/store`;
    const first = await post(api, 'store-1', { path, body: {} });
    // The running job is also the answer to another key.
    const other = await post(api, 'store-2', { path, body: {} });
    const answer = await first.json<Answer>();
    expect(await other.json()).toEqual(answer);
    await succeed(api.ctx, destinationId, 'clip.mp4');
    expect(await (await post(api, 'store-1', { path, body: {} })).json()).toEqual(answer);
    expect(await (await post(api, 'store-2', { path, body: {} })).json()).toEqual(answer);
    expect(await storesOf(api.ctx, id)).toHaveLength(1);
    expect(await jobIdOf(await post(api, 'store-3', { path, body: {} }))).not.toBe(answer.data.jobId);
  });

  it('gets the first counts of its migration again', async () => {
    const api = await makeOffline();
    await makeDestination(api.ctx, api.workspaceId);
    await makeImported(api.ctx, { workspaceId: api.workspaceId });
    const path = '/storage/migrate';
    const first = await (await post(api, 'migrate-1', { path, body: {} })).json();
    expect(first).toMatchObject({ data: { total: 1 } });
    await makeImported(api.ctx, { workspaceId: api.workspaceId });
    expect(await (await post(api, 'migrate-1', { path, body: {} })).json()).toEqual(first);
  });
});

describe('a kept answer', () => {
  it('is forgotten after 24 hours', async () => {
    const api = await makeOffline();
    const first = await jobIdOf(await post(api, 'order-6'));
    api.ctx.clock.advance(24 * HOUR_MS);
    await sweep(api.ctx);
    expect(await jobIdOf(await post(api, 'order-6'))).toBe(first);
    api.ctx.clock.advance(1);
    await sweep(api.ctx);
    expect(await jobIdOf(await post(api, 'order-6'))).not.toBe(first);
  });

  it('is one of at most 1,000 that a sweep forgets, the oldest first', async () => {
    const api = await makeOffline();
    await api.ctx.db.delete(idempotencyKeys);
    await post(api, 'order-7');
    const changed = { key_hash: numbered('key_hash'), created_at: sql`created_at + 1 + copy` };
    await copyRows(api.ctx, idempotencyKeys, { count: 1199, changed });
    api.ctx.clock.advance(25 * HOUR_MS);
    await sweep(api.ctx);
    expect(await api.ctx.db.$count(idempotencyKeys)).toBe(200);
    expect(await jobIdOf(await post(api, 'order-7'))).toBeDefined();
    expect(await countJobs(api)).toBe(2);
    await sweep(api.ctx);
    expect(await api.ctx.db.$count(idempotencyKeys)).toBe(1);
  });

  it('is encrypted with the secret of the service', async () => {
    const api = await makeOffline();
    const jobId = await jobIdOf(await post(api, 'order-8'));
    const row = await api.ctx.db.query.idempotencyKeys.findFirst({
      where: eq(idempotencyKeys.workspaceId, api.workspaceId),
    });
    const columns = JSON.stringify(row);
    expect(columns).not.toContain('order-8');
    expect(columns).not.toContain(jobId);
    const bytes = row!.answer.split('.').map((part) => atob(part));
    expect(bytes.join('')).not.toContain(jobId);
    api.ctx.config = { ...api.ctx.config, ATTEMPT_TOKEN_KEY: btoa('another secret of thirty-two b.') };
    const answer = await post(api, 'order-8');
    expect(answer.status).toBe(422);
    expect((await answer.json<Answer>()).error).toContain('keys of the service have changed');
    expect(await countJobs(api)).toBe(1);
  });
});

it('may be any POST that makes something', async () => {
  const makeNothing = [
    '/batches/{id}/cancel',
    '/diagnostics',
    '/storage/test',
    '/storage/destinations/{name}/test',
  ];
  const document = await (await createApp(makeCtx()).request('/openapi.json')).json<OpenApiDocument>();
  const posts = Object.entries(document.paths).filter(([, operations]) => operations.post);
  const others = posts.filter(([, { post }]) => !JSON.stringify(post).includes('"Idempotency-Key"'));
  expect(others.map(([path]) => path).sort()).toEqual(makeNothing.sort());
});
