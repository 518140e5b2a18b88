import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../../worker/app.ts';
import { createApiKey } from '../../../worker/auth/keys/api-key.ts';
import type { KeyLimits } from '../../../worker/contract/api/limits.ts';
import { parsePlans, type PlanName } from '../../../worker/contract/plans.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { use, withKey, type Made } from '../support/keys.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import type { OpenApiDocument } from '../support/openapi.ts';

beforeEach(emptyTables);

const HOUR = 3_600_000;

function limitedCtx(plans: object = {}, overrides: Partial<TestCtx> = {}): TestCtx {
  const ctx = makeCtx(overrides);
  return { ...ctx, config: { ...ctx.config, RATE_LIMITS: 'on', PLANS: parsePlans(JSON.stringify(plans)) } };
}

const limitedApi = (plans: object = {}, plan: PlanName = 'free') => makeApi(limitedCtx(plans), { plan });

const poll = (api: TestApi) => api.call('GET', '/import/status?id=1');

function headersOf({ headers }: Response) {
  const names = ['Limit', 'Remaining', 'Reset', 'Window', 'Plan'];
  return names.map((name) => headers.get(`X-RateLimit-${name}`));
}

/** The API as another key of the workspace uses it. */
async function pollWith(api: TestApi, limits: KeyLimits | null): Promise<() => Promise<Response>> {
  const { ctx, workspaceId, anonymous } = api;
  const { key } = await createApiKey(ctx.db, { workspaceId, name: 'other', limits, ...ctx });
  return () => anonymous('/import/status?id=1', { headers: { Authorization: `Bearer ${key}` } });
}

describe('every answer to an accepted key', () => {
  it('has the headers of Importly, also an error', async () => {
    const api = await limitedApi({}, 'paid');
    const reset = String(api.ctx.now() + HOUR);
    const headers = { Authorization: `Bearer ${api.apiKey}`, 'Content-Type': 'application/json' };
    const large = JSON.stringify({ url: 'x'.repeat(70_000) });
    const answers = [
      await api.call('GET', '/keys'),
      await poll(api),
      await api.call('POST', '/keys/1/rotate', { overlapSeconds: -1 }),
      await api.call('POST', '/diagnostics'),
      await api.call('GET', '/nowhere'),
      // Not documented, so without the check of answers.
      await createApp(api.ctx).request('/keys', { method: 'PATCH', headers }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 400, 403, 404, 405]);
    const remaining = [3599, 3598, 3597, 3596, 3595, 3594];
    expect(answers.map(headersOf)).toEqual(
      remaining.map((left) => ['3600', String(left), reset, '1 h', 'paid']),
    );
    const tooLarge = await api.anonymous('/import', { method: 'POST', headers, body: large });
    expect(tooLarge.status).toBe(413);
    expect(headersOf(tooLarge)).toEqual(['240', '239', reset, '1 h', 'paid']);
  });

  it('has them on every route that /openapi.json describes', async () => {
    const { ctx, apiKey } = await limitedApi();
    const app = createApp(ctx);
    const document = await (await app.request('/openapi.json')).json<OpenApiDocument>();
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) =>
        'security' in operation
          ? [{ method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, '1') }]
          : [],
      ),
    );
    const headers = { Authorization: `Bearer ${apiKey}` };
    const answers = await Promise.all(
      routes.map(async ({ method, path }) => {
        const answer = await app.request(path, { method, headers });
        return [method, path, headersOf(answer)[4]];
      }),
    );
    expect(answers).toEqual(routes.map(({ method, path }) => [method, path, 'free']));
    expect(routes.length).toBeGreaterThan(20);
  });

  it('has no such headers without a key, and while no limit applies', async () => {
    const limited = await limitedApi();
    const open = await makeApi(makeCtx({ rateCounter: () => expect.fail('the counter was asked') }));
    const answers = [await limited.anonymous('/keys'), await limited.anonymous('/health'), await poll(open)];
    expect(answers.map(headersOf)).toEqual([1, 2, 3].map(() => [null, null, null, null, null]));
  });
});

describe('the default rates', () => {
  it.each([
    ['POST', '/import', '240'],
    ['GET', '/import/status?id=1', '3600'],
    ['POST', '/metadata', '1000'],
  ])('of %s %s are those of Importly', async (method, path, limit) => {
    const api = await limitedApi();
    const json = method === 'POST' ? {} : undefined;
    expect(headersOf(await api.call(method, path, json))[0]).toBe(limit);
  });
});

describe('the limit of a plan', () => {
  it('is answered as Importly answers it', async () => {
    const api = await limitedApi();
    const reset = api.ctx.now() + HOUR;
    const counter = api.ctx.rateCounter(api.workspaceId);
    const used = { name: 'workspace/importsPerHour', limit: 240 };
    await Promise.all(Array.from({ length: 240 }, () => counter.take([used], api.ctx.now())));
    api.ctx.clock.advance(1_000);
    const answer = await api.call('POST', '/import', { url: 'https://media.example.com/a.mp4' });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('Retry-After')).toBe('3599');
    expect(headersOf(answer)).toEqual(['240', '0', String(reset), '1 h', 'free']);
    expect(await answer.json()).toEqual({
      success: false,
      error: 'Rate limit exceeded. Limit: 240 requests per 1 h',
      limit: 240,
      remaining: 0,
      reset,
      retryAfter: 3599,
      endpoint: '/import',
      code: 'rate_limited',
      retryable: true,
      hint: expect.any(String),
      requestId: answer.headers.get('X-Request-Id'),
    });
  });

  it('is never exceeded by parallel requests to several isolates and with several keys', async () => {
    const plans = { free: { requestsPerHour: 100 } };
    const api = await limitedApi(plans);
    const { ctx, workspaceId } = api;
    const apps = [createApp(limitedCtx(plans)), createApp(limitedCtx(plans))];
    const other = await createApiKey(ctx.db, { workspaceId, name: 'other', ...ctx });
    const keys = [api.apiKey, other.key];
    const answers = await Promise.all(
      Array.from({ length: 160 }, async (_, index) => {
        const headers = { Authorization: `Bearer ${keys[index % 2]}` };
        return apps[(index >> 1) % 2]!.request('/import/status?id=1', { headers });
      }),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 404)).toHaveLength(100);
    expect(statuses.filter((status) => status === 429)).toHaveLength(60);
  });

  it('does not touch other rates, other workspaces or another plan', async () => {
    const plans = { free: { requestsPerHour: 1 }, paid: { requestsPerHour: 2 } };
    const [api, neighbor, paying] = [
      await limitedApi(plans),
      await limitedApi(plans),
      await limitedApi(plans, 'paid'),
    ];
    await poll(api);
    expect((await poll(api)).status).toBe(429);
    expect((await api.call('POST', '/import', {})).status).toBe(400);
    expect((await poll(neighbor)).status).toBe(404);
    expect([(await poll(paying)).status, (await poll(paying)).status]).toEqual([404, 404]);
    expect((await poll(paying)).status).toBe(429);
  });

  it('grants requests again when the window has ended', async () => {
    const api = await limitedApi({ free: { requestsPerHour: 1 } });
    await poll(api);
    api.ctx.clock.advance(HOUR - 1);
    expect((await poll(api)).status).toBe(429);
    api.ctx.clock.advance(1);
    expect((await poll(api)).status).toBe(404);
  });

  it('is kept when the counter leaves memory', async () => {
    const api = await limitedApi({ free: { requestsPerHour: 2 } });
    await poll(api);
    const counter = env.RATE_COUNTER.getByName(api.workspaceId);
    // The counts are saved a little after the request.
    const saved = () => runInDurableObject(counter, (_, { storage }) => storage.list());
    await vi.waitFor(async () => expect((await saved()).size).toBe(1), 10_000);
    await evictDurableObject(counter);
    expect(headersOf(await poll(api))[1]).toBe('0');
    expect((await poll(api)).status).toBe(429);
  });

  it('adds no statement to a status poll', async () => {
    const { db, costOf } = meteredDb();
    const costs = [];
    for (const ctx of [makeCtx({ db }), limitedCtx({}, { db })]) {
      const api = await makeApi(ctx);
      // The first request of a minute records the use of the key.
      await poll(api);
      await ctx.settled();
      costs.push(await costOf(() => poll(api)));
    }
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[1]?.rowsWritten).toBe(0);
  });

  it('does not stop a request when the counter does not answer, which is logged', async () => {
    const take = () => Promise.reject(new Error('the object was reset'));
    const api = await makeApi(limitedCtx({}, { rateCounter: () => ({ take }) }));
    expect((await poll(api)).status).toBe(404);
    expect(api.ctx.lines).toContainEqual({
      level: 'error',
      event: 'limits.count_failed',
      facts: { workspaceId: api.workspaceId, error: 'Error: the object was reset' },
    });
  });
});

describe('the limits of a key', () => {
  it('hold for this key alone, below those of the plan', async () => {
    const api = await limitedApi({ free: { requestsPerHour: 3 } });
    const pollOther = await pollWith(api, { requestsPerHour: 1 });
    expect(headersOf(await pollOther())).toMatchObject(['1', '0', expect.any(String), '1 h', 'free']);
    expect((await pollOther()).status).toBe(429);
    // The refused request did not count for the plan.
    expect(headersOf(await poll(api))[1]).toBe('1');
  });

  it('hold while RATE_LIMITS is off', async () => {
    const api = await makeApi();
    const pollOther = await pollWith(api, { requestsPerHour: 1 });
    expect([(await pollOther()).status, (await pollOther()).status]).toEqual([404, 429]);
    expect(headersOf(await poll(api))[0]).toBeNull();
  });
});

describe('keys that come from a key with limits', () => {
  /** An admin key that may send 5 requests an hour. The calls that make keys count too. */
  const makeLimited = async () => withKey(await makeApi(), { limits: { requestsPerHour: 5 } });
  const child = { name: 'child', scopes: ['imports:read', 'admin'], limits: { requestsPerHour: 5 } };
  const madeBy = async (answer: Promise<Response>) => (await (await answer).json<{ data: Made }>()).data;
  const pollBy = async (api: TestApi, { key }: Made) => (await use(api, key)).status;

  it('send together no more than it may, also those that they make', async () => {
    const api = await makeLimited();
    const first = await madeBy(api.call('POST', '/keys', child));
    const made = api.anonymous('/keys', {
      method: 'POST',
      headers: { Authorization: `Bearer ${first.key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...child, limits: { requestsPerHour: 1 } }),
    });
    const second = await madeBy(made);
    // Two of five are used.
    expect([await pollBy(api, first), await pollBy(api, second), await pollBy(api, second)]).toEqual([
      404, 404, 429,
    ]);
    expect([(await poll(api)).status, (await poll(api)).status]).toEqual([404, 429]);
    expect(await pollBy(api, first)).toBe(429);
    api.ctx.clock.advance(HOUR);
    expect(await pollBy(api, first)).toBe(404);
  });

  it('go on counting where the key that they replace was', async () => {
    const api = await makeLimited();
    const replaced = await madeBy(api.call('POST', `/keys/${api.apiKeyId}/rotate`));
    const again = await madeBy(
      api.anonymous(`/keys/${replaced.id}/rotate`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${replaced.key}` },
      }),
    );
    expect(again.limits).toEqual({ requestsPerHour: 5 });
    const polls = [];
    for (let count = 0; count < 4; count += 1) polls.push(await pollBy(api, again));
    expect(polls).toEqual([404, 404, 404, 429]);
    expect((await poll(api)).status).toBe(429);
  });

  it('cannot make each other without end', async () => {
    let api = await withKey(await makeApi(), { limits: { requestsPerHour: 50 } });
    const next = async () => {
      const answer = await api.call('POST', '/keys', { ...child, limits: { requestsPerHour: 50 } });
      return answer.json<{ data: Made; code?: string; field?: string }>();
    };
    for (let depth = 1; depth < 8; depth += 1) {
      const { key } = (await next()).data;
      const { anonymous } = api;
      api = {
        ...api,
        call: (method, path, json) =>
          anonymous(path, {
            method,
            headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
            body: JSON.stringify(json),
          }),
      };
    }
    expect(await next()).toMatchObject({ code: 'key_grant_exceeded', field: 'limits' });
  });
});
