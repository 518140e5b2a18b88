/** Every documented error, and the headers of limits. */
import { beforeAll, describe, expect, it } from 'vitest';
import { parsePlans } from '../../../worker/contract/plans.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { OFFLINE } from '../transfers/imported.ts';
import { billingCtx } from '../usage/spend.ts';
import { asPublished, withValues } from './published.ts';

const SOURCE = { url: 'https://example.com/video.mp4' };
const HOUR = 3_600_000;

const limitedCtx = (plans: object = {}): TestCtx => {
  const ctx = makeCtx(OFFLINE);
  return { ...ctx, config: { ...ctx.config, RATE_LIMITS: 'on', PLANS: parsePlans(JSON.stringify(plans)) } };
};

/** The rates that Importly names, with the paths that count for them. */
const RATES = [
  ['POST', '/import', 'importsPerHour', 240],
  ['POST', '/metadata', 'metadataPerHour', 1000],
  ['GET', '/metadata/basic?url=https://example.com/video.mp4', 'metadataPerHour', 1000],
  ['GET', '/import/status?id=abc123', 'requestsPerHour', 3600],
  ['GET', '/metadata/status?id=abc123', 'requestsPerHour', 3600],
] as const;

const EVERY_ERROR = `{
  "success": false,
  "error": "…"
}`;

async function expectError(answer: Response, status: number): Promise<void> {
  expect(answer.status).toBe(status);
  const body = await answer.json<{ error: string }>();
  expect(body.error.length).toBeGreaterThan(10);
  expect(asPublished(body, EVERY_ERROR)).toBe(JSON.stringify({ success: false, error: body.error }, null, 2));
}

describe('an error has the documented status and form', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await makeApi(makeCtx(OFFLINE));
  });

  it.each([
    ['a missing parameter', 'POST', '/import', '{}'],
    ['an invalid parameter', 'POST', '/import', '{"url":"nowhere"}'],
    ['a missing parameter of a query', 'GET', '/metadata', undefined],
    ['malformed JSON', 'POST', '/metadata', '{"url":'],
  ])('400 for %s', async (_name, method, path, body) => {
    const { anonymous, apiKey } = api;
    const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' };
    await expectError(await anonymous(path, { method, headers, body: body ?? null }), 400);
  });

  it.each([
    ['without a key', {}],
    ['with an invalid key', { Authorization: 'Bearer YOUR_API_KEY' }],
  ])('401 %s', async (_name, headers) => {
    await expectError(await api.anonymous('/import/status?id=abc123', { headers }), 401);
  });

  it.each([
    ['POST', '/import'],
    ['POST', '/metadata'],
    ['POST', '/metadata/basic'],
  ])('402 without credits for %s %s', async (method, path) => {
    const { call } = await makeApi(billingCtx());
    await expectError(await call(method, path, SOURCE), 402);
  });

  it.each(['/import/status', '/metadata/status', '/metadata/basic/status'])(
    '404 for a job that does not exist: %s',
    async (path) => {
      await expectError(await api.call('GET', `${path}?id=abc123`), 404);
    },
  );

  it('500 for an unexpected error', async () => {
    const { newId } = api.ctx;
    api.ctx.newId = () => {
      throw new Error('out of ids');
    };
    await expectError(await api.call('POST', '/import', SOURCE), 500);
    api.ctx.newId = newId;
  });

  it('a source that cannot be reached is found out by the job, which fails: the documented 404 of /import and /metadata is a gap', async () => {
    expect((await api.call('POST', '/import', SOURCE)).status).toBe(200);
  });
});

describe('429', () => {
  /** From the page about errors, for an import. */
  const RATE = `{
  "success": false,
  "error": "Rate limit exceeded. Limit: 240 requests per 1 h",
  "limit": 240,
  "remaining": 0,
  "reset": 1709901234000,
  "retryAfter": 3600,
  "endpoint": "/import"
}`;
  const CONCURRENCY = `{
  "success": false,
  "error": "Concurrent limit exceeded. Max 2 concurrent import jobs allowed.",
  "concurrentLimit": 2,
  "currentConcurrent": 2,
  "endpoint": "/import"
}`;

  it.each(RATES)(
    'of %s %s is that of the documentation, letter for letter',
    async (method, path, rate, limit) => {
      const api = await makeApi(limitedCtx());
      await useUp(api, rate, limit);
      const answer = await api.call(method, path, method === 'POST' ? SOURCE : undefined);
      expect(answer.status).toBe(429);
      expect(answer.headers.get('Retry-After')).toBe('3600');
      const [endpoint = ''] = path.split('?');
      const expected = withValues(RATE, {
        '240': String(limit),
        '1709901234000': String(api.ctx.now() + HOUR),
        '/import': endpoint,
      });
      expect(asPublished(await answer.json(), RATE)).toBe(expected);
    },
  );

  it('of a third concurrent import is that of the documentation, letter for letter', async () => {
    const api = await makeApi(limitedCtx({ free: { maxConcurrentImports: 2 } }));
    for (let count = 0; count < 2; count += 1) await api.call('POST', '/import', SOURCE);
    const answer = await api.call('POST', '/import', SOURCE);
    expect(answer.status).toBe(429);
    expect(asPublished(await answer.json(), CONCURRENCY)).toBe(CONCURRENCY);
  });

  it('of a sixth concurrent metadata request has the same form ([I]: only that of imports is documented)', async () => {
    const api = await makeApi(limitedCtx({ free: { maxConcurrentMetadata: 5 } }));
    for (let count = 0; count < 5; count += 1) await api.call('POST', '/metadata', SOURCE);
    const answer = await api.call('POST', '/metadata', SOURCE);
    const expected = withValues(CONCURRENCY, {
      ' 2': ' 5',
      'import jobs': 'metadata jobs',
      '/import': '/metadata',
    });
    expect(asPublished(await answer.json(), CONCURRENCY)).toBe(expected);
  });
});

describe('the headers X-RateLimit', () => {
  const NAMES = ['Limit', 'Remaining', 'Reset', 'Window', 'Plan'];
  const read = ({ headers }: Response) => NAMES.map((name) => headers.get(`X-RateLimit-${name}`));

  it.each(RATES)('of %s %s are on its answer', async (method, path, _rate, limit) => {
    const api = await makeApi(limitedCtx());
    const answer = await api.call(method, path, method === 'POST' ? SOURCE : undefined);
    const reset = String(api.ctx.now() + HOUR);
    expect(read(answer)).toEqual([String(limit), String(limit - 1), reset, '1 h', 'free']);
  });

  it('name the plan of the workspace, also on an error', async () => {
    const api = await makeApi(limitedCtx(), { plan: 'paid' });
    const answer = await api.call('POST', '/import', {});
    expect(answer.status).toBe(400);
    expect(read(answer).at(-1)).toBe('paid');
  });
});

async function useUp({ ctx, workspaceId }: TestApi, rate: string, limit: number): Promise<void> {
  const all = { name: `workspace/${rate}`, limit, count: limit };
  await ctx.rateCounter(workspaceId).take([all], ctx.now());
}
