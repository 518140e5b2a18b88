/** What every HTTP client may expect, whatever the call is about: methods, other origins, ETags, and when to try again. */
import { describe, expect, it } from 'vitest';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob, makePlacement } from '../support/rows.ts';

const ORIGIN = { Origin: 'https://app.example' };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('a method that a path does not have', () => {
  it.each([
    ['DELETE', '/import', 'POST, OPTIONS'],
    ['POST', '/import/status', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/imports/1', 'GET, HEAD, DELETE, OPTIONS'],
    ['TRACE', '/storage', 'GET, HEAD, PUT, DELETE, OPTIONS'],
    ['PUT', '/webhooks/1', 'GET, HEAD, PATCH, DELETE, OPTIONS'],
  ])('is refused with the methods that it has: %s %s', async (method, path, allowed) => {
    const { call } = await makeApi();
    const answer = await call(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('Allow')).toBe(allowed);
    expect(await answer.json()).toMatchObject({
      code: 'method_not_allowed',
      error: `This path has the methods ${allowed}.`,
      retryable: false,
    });
  });

  it('needs no key at a path that needs none, and tells nothing without a key elsewhere', async () => {
    const { anonymous } = await makeApi();
    const open = await anonymous('/health', { method: 'POST' });
    expect([open.status, open.headers.get('Allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    for (const path of ['/import', '/nowhere']) {
      const answer = await anonymous(path, { method: 'TRACE' });
      expect([answer.status, answer.headers.get('Allow')]).toEqual([401, null]);
    }
  });

  it('is told apart from a path that does not exist', async () => {
    const { call } = await makeApi();
    const answer = await call('POST', '/imports/1/nothing');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'not_found' });
  });
});

describe('HEAD and OPTIONS', () => {
  it('HEAD is answered like GET, without a body', async () => {
    const { call } = await makeApi();
    const [head, get] = [await call('HEAD', '/keys'), await call('GET', '/keys')];
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('Content-Type')).toBe(get.headers.get('Content-Type'));
    expect((await call('HEAD', '/import/status?id=1')).status).toBe(404);
  });

  it('OPTIONS is answered with the methods of the path', async () => {
    const { call, anonymous } = await makeApi();
    const answer = await call('OPTIONS', '/storage');
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect(answer.headers.get('Allow')).toBe('GET, HEAD, PUT, DELETE, OPTIONS');
    expect((await anonymous('/health', { method: 'OPTIONS' })).status).toBe(204);
    expect((await anonymous('/storage', { method: 'OPTIONS' })).status).toBe(401);
  });
});

describe('a page of another origin', () => {
  const preflight = {
    method: 'OPTIONS',
    headers: {
      ...ORIGIN,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key',
    },
  };

  it.each(['/import', '/imports/1/events', '/nowhere'])('may ask for %s without a key', async (path) => {
    const { anonymous } = await makeApi();
    const answer = await anonymous(path, preflight);
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*');
    expect(answer.headers.get('Access-Control-Allow-Methods')).toBe('GET,HEAD,POST,PUT,PATCH,DELETE');
    const headers = answer.headers.get('Access-Control-Allow-Headers')!.toLowerCase().split(',');
    expect(headers).toEqual(expect.arrayContaining(['authorization', 'content-type', 'idempotency-key']));
    expect(answer.headers.get('Access-Control-Max-Age')).toBe('86400');
    expect(answer.headers.get('Access-Control-Allow-Credentials')).toBeNull();
    expect(answer.headers.get('X-Request-Id')).toMatch(UUID);
  });

  it('reads answers, errors and all headers, but never with what the browser adds', async () => {
    const { anonymous, apiKey } = await makeApi();
    const withKey = { headers: { ...ORIGIN, Authorization: `Bearer ${apiKey}` } };
    const answers = [
      await anonymous('/keys', withKey),
      await anonymous('/import/status?id=1', withKey),
      await anonymous('/nowhere', withKey),
      await anonymous('/keys', { headers: ORIGIN }),
      await anonymous('/health', { headers: ORIGIN }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 401, 200]);
    for (const { headers } of answers) {
      expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
      expect(headers.get('Access-Control-Expose-Headers')).toBe('*');
      expect(headers.get('Access-Control-Allow-Credentials')).toBeNull();
    }
  });

  it('does not reach the calls of downloaders', async () => {
    const { anonymous } = await makeApi();
    for (const init of [preflight, { method: 'POST', headers: ORIGIN }]) {
      const { headers } = await anonymous('/internal/claim', init);
      expect(headers.get('Access-Control-Allow-Origin')).toBeNull();
    }
  });
});

describe('the status of a job', () => {
  async function makePolled(values: Parameters<typeof makeJob>[1] = {}) {
    const { db, costOf } = meteredDb();
    const ctx = makeCtx({ db });
    const { anonymous, apiKey, workspaceId } = await makeApi(ctx);
    const job = await makeJob(ctx, { workspaceId, ...values });
    const ask = (path: string, tag?: string, method = 'GET') =>
      anonymous(path, {
        method,
        headers: { ...ORIGIN, Authorization: `Bearer ${apiKey}`, ...(tag && { 'If-None-Match': tag }) },
      });
    return { ctx, job, ask, costOf };
  }

  it.each([
    ['/import/status?id=', 'GET', 'import'],
    ['/imports/', 'GET', 'import'],
    ['/imports/', 'HEAD', 'import'],
    ['/metadata/status?id=', 'GET', 'metadata'],
    ['/metadata/basic/status?id=', 'GET', 'basic_metadata'],
  ] as const)('is answered with 304 while it has not changed: %s by %s', async (path, method, kind) => {
    const { ctx, job, ask, costOf } = await makePolled({ kind });
    const first = await ask(`${path}${job.id}`);
    await ctx.settled();
    const tag = first.headers.get('ETag')!;
    expect(tag).toMatch(/^"[0-9a-f]{64}"$/);
    expect(first.headers.get('Cache-Control')).toBe('private, no-cache');
    let again: Response | undefined;
    const cost = await costOf(async () => {
      again = await ask(`${path}${job.id}`, tag, method);
    });
    expect([again!.status, await again!.text()]).toEqual([304, '']);
    expect(again!.headers.get('ETag')).toBe(tag);
    expect(again!.headers.get('X-Request-Id')).toMatch(UUID);
    expect(again!.headers.get('Access-Control-Allow-Origin')).toBe('*');
    const whole = await costOf(async () => void (await ask(`${path}${job.id}`)));
    expect({ ...cost, sqlMs: 0 }).toEqual({ ...whole, sqlMs: 0 });
  });

  it('has another ETag as soon as it changes', async () => {
    const { ctx, job, ask } = await makePolled({ status: 'processing', stage: 'downloading', startedAt: 1 });
    const tag = (await ask(`/imports/${job.id}`)).headers.get('ETag')!;
    await ctx.db.run(`UPDATE jobs SET bytes_done = 7 WHERE id = '${job.id}'`);
    const changed = await ask(`/imports/${job.id}`, tag);
    expect(changed.status).toBe(200);
    expect(changed.headers.get('ETag')).not.toBe(tag);
  });

  it('stays the same when it has a link to the file', async () => {
    const { ctx, job, ask } = await makePolled({
      status: 'completed',
      attempt: 1,
      startedAt: 1,
      finishedAt: 2,
    });
    await makePlacement(ctx, job, {}, 10);
    await ctx.db.run(
      `UPDATE artifacts SET crc32 = 'AAAAAA==', facts = '{"container":"wav","durationSeconds":1,"width":null,"height":null,"videoCodec":null,"audioCodec":"pcm"}' WHERE job_id = '${job.id}'`,
    );
    ctx.clock.advance(1 + 3_600_000 - (ctx.now() % 3_600_000));
    const first = await ask(`/imports/${job.id}`);
    expect(await first.json()).toMatchObject({ data: { mediaUrl: expect.stringContaining('signature=') } });
    ctx.clock.advance(60_000);
    expect((await ask(`/imports/${job.id}`, first.headers.get('ETag')!)).status).toBe(304);
  });

  it('has no ETag when it is an error', async () => {
    const { ask } = await makePolled();
    const answer = await ask('/imports/1', '*');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('ETag')).toBeNull();
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
  });
});

describe('a database that has too much to do', () => {
  it.each([
    'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
    'D1_ERROR: D1 DB is overloaded. Too many requests queued.',
  ])('is answered with 503 and the time to wait: %s', async (message) => {
    const ctx = makeCtx();
    const { call } = await makeApi(ctx);
    ctx.db.select = () => {
      throw new Error('Failed query', { cause: new Error(message) });
    };
    const answer = await call('GET', '/keys');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('Retry-After')).toBe('5');
    expect(await answer.json()).toMatchObject({ code: 'database_overloaded', retryable: true });
    expect(ctx.lines.filter(({ event }) => event === 'request.failed')).toHaveLength(1);
  });
});
