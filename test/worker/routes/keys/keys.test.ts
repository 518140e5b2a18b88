import { describe, expect, it, vi } from 'vitest';
import { MAX_LIVE_KEYS } from '../../../../worker/auth/keys/live-key.ts';
import { apiKeys } from '../../../../worker/db/tables/workspaces.ts';
import { create, HOUR, iso, list, use, withKey, type Made } from '../../support/keys.ts';
import { makeApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { meteredDb } from '../../support/metered-db.ts';

describe('POST /keys', () => {
  it('makes a key, which only this answer contains', async () => {
    const api = await makeApi();
    const made = await create(api, { name: ' upload form ', scopes: ['storage', 'imports:read', 'storage'] });
    expect(made).toEqual({
      id: made.id,
      key: expect.stringMatching(/^imp_[\w-]{43}$/),
      name: 'upload form',
      lastFour: made.key.slice(-4),
      scopes: ['imports:read', 'storage'],
      status: 'active',
      expiresAt: null,
      allowedAddresses: null,
      limits: null,
      createdAt: iso(api.ctx.now()),
      createdBy: api.apiKeyId,
      lastUsedAt: null,
      revokedAt: null,
      replacedBy: null,
    });
    expect((await use(api, made.key)).status).toBe(404);
    const listed = await list(api);
    expect(listed.map(({ id }) => id).sort()).toEqual([api.apiKeyId, made.id].sort());
    expect(JSON.stringify(listed)).not.toContain(made.key.slice(4));
    expect(JSON.stringify(api.ctx.lines)).not.toContain(made.key.slice(4));
  });

  it('makes a key that ends at its time', async () => {
    const api = await makeApi();
    const expiresAt = iso(api.ctx.now() + HOUR);
    const { key } = await create(api, { expiresAt });
    api.ctx.clock.advance(HOUR - 1);
    expect((await use(api, key)).status).toBe(404);
    api.ctx.clock.advance(1);
    expect(await use(api, key)).toMatchObject({
      status: 401,
      body: { code: 'unauthorized', error: `The API key expired at ${expiresAt}.` },
    });
    expect(await list(api)).toContainEqual(expect.objectContaining({ expiresAt, status: 'expired' }));
  });

  it.each([
    ['192.0.2.9', 404],
    ['::ffff:192.0.2.9', 404],
    ['2001:db8:7::1', 404],
    ['192.0.3.1', 403],
    ['2001:db9::1', 403],
    ['192.0.2.9, 192.0.3.1', 403],
    ['unknown', 403],
    [undefined, 403],
  ])('makes a key that is limited to addresses: from %s, the answer is %i', async (client, status) => {
    const api = await makeApi();
    const { key } = await create(api, { allowedAddresses: ['192.0.2.0/24', '2001:db8::/32'] });
    const code = status === 403 ? 'key_address_not_allowed' : 'job_not_found';
    expect(await use(api, key, client)).toMatchObject({ status, body: { code } });
  });

  it.each<[object, string]>([
    [{ name: undefined }, 'name'],
    [{ name: ' ' }, 'name'],
    [{ name: 'a\u202Eb' }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ scopes: undefined }, 'scopes'],
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['imports:delete'] }, 'scopes.0'],
    [{ expiresAt: 'tomorrow' }, 'expiresAt'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ allowedAddresses: [] }, 'allowedAddresses'],
    [{ allowedAddresses: ['192.0.2.1/24'] }, 'allowedAddresses.0'],
    [{ allowedAddresses: ['host.example'] }, 'allowedAddresses.0'],
    [{ limits: { importsPerHour: 0 } }, 'limits.importsPerHour'],
    [{ limits: { importsPerDay: 1 } }, 'limits.importsPerDay'],
    [{ workspaceId: 'other' }, 'workspaceId'],
  ])('refuses %j and names %s', async (wrong, field) => {
    const api = await makeApi();
    const answer = await api.call('POST', '/keys', { name: 'made', scopes: ['storage'], ...wrong });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_request', field });
  });

  it('refuses a key that could do more than the key that creates it', async () => {
    const api = await makeApi();
    const limited = await withKey(api, { scopes: ['admin'], expiresAt: api.ctx.now() + HOUR });
    const answer = await limited.call('POST', '/keys', { name: 'more', scopes: ['admin', 'storage'] });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      code: 'key_grant_exceeded',
      field: 'scopes',
      fields: [{ field: 'scopes' }, { field: 'expiresAt' }],
    });
    await create(limited, { scopes: ['admin'], expiresAt: iso(api.ctx.now() + HOUR) });
  });

  it('makes one key of parallel requests with the same Idempotency-Key', async () => {
    const api = await makeApi();
    const send = async () => {
      const answer = await api.anonymous('/keys', {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${api.apiKey}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': 'key-1',
        },
        body: JSON.stringify({ name: 'once', scopes: ['imports:read'] }),
      });
      return (await answer.json<{ data: Made }>()).data;
    };
    const [first, second] = await Promise.all([send(), send()]);
    expect(second).toEqual(first);
    expect((await use(api, first.key)).status).toBe(404);
    expect(await list(api)).toHaveLength(2);
  });

  it('does not give the new key to another key that repeats the request with its Idempotency-Key', async () => {
    const api = await makeApi();
    const limited = await withKey(api, { scopes: ['admin'], expiresAt: api.ctx.now() + HOUR });
    const send = (apiKey: string) =>
      api.anonymous('/keys', {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${apiKey}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': 'key-2',
        },
        body: JSON.stringify({ name: 'strong', scopes: ['admin', 'storage'] }),
      });
    expect((await send(api.apiKey)).status).toBe(200);
    const answer = await send(limited.apiKey);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('stops at the limit of the workspace, also for parallel requests', async () => {
    const api = await makeApi();
    const others = Array.from({ length: MAX_LIVE_KEYS - 3 }, (_, index) => ({
      id: `other-${index}-${api.workspaceId}`,
      workspaceId: api.workspaceId,
      name: 'other',
      hash: `${index}-${api.workspaceId}`,
      lastFour: 'xxxx',
      createdAt: 0,
    }));
    for (let from = 0; from < others.length; from += 8)
      await api.ctx.db.insert(apiKeys).values(others.slice(from, from + 8));
    const input = { name: 'one more', scopes: ['storage'] };
    const answers = await Promise.all(Array.from({ length: 5 }, () => api.call('POST', '/keys', input)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(await refused?.json()).toMatchObject({ code: 'too_many_keys' });
    await api.call('DELETE', `/keys/${others[0]?.id}`);
    expect((await api.call('POST', '/keys', input)).status).toBe(200);
  });
});

describe('the last use of a key', () => {
  it('is written once a minute, however many requests come', async () => {
    const { db, costOf } = meteredDb();
    const api = await makeApi(makeCtx({ db }));
    const requests = async (count: number) => {
      await Promise.all(Array.from({ length: count }, () => api.call('GET', '/import/status?id=1')));
      await api.ctx.settled();
    };
    const usedAt = async () => (await list(api)).find(({ id }) => id === api.apiKeyId)?.lastUsedAt;
    const first = api.ctx.now();
    expect((await costOf(() => requests(20))).rowsWritten).toBe(1);
    expect(await usedAt()).toBe(iso(first));
    api.ctx.clock.advance(59_999);
    expect((await costOf(() => requests(20))).rowsWritten).toBe(0);
    api.ctx.clock.advance(1);
    expect((await costOf(() => requests(20))).rowsWritten).toBe(1);
    expect(await usedAt()).toBe(iso(first + 60_000));
  });

  it('does not change with a refused request', async () => {
    const api = await makeApi();
    const { id, key } = await create(api, { allowedAddresses: ['192.0.2.1'] });
    await use(api, key, '192.0.2.2');
    await api.ctx.settled();
    expect((await list(api)).find((row) => row.id === id)?.lastUsedAt).toBeNull();
  });

  it('that cannot be written is logged, and the request is answered', async () => {
    const api = await makeApi();
    vi.spyOn(api.ctx.db, 'update').mockImplementation(() => {
      throw new Error('the database is busy');
    });
    expect((await api.call('GET', '/keys')).status).toBe(200);
    await api.ctx.settled();
    expect(api.ctx.lines).toContainEqual(expect.objectContaining({ event: 'key.use_not_recorded' }));
  });
});

describe('diagnostics', () => {
  it('are for admin keys of the operator alone', async () => {
    const tenant = await makeApi();
    expect(await (await tenant.call('POST', '/diagnostics')).json()).toMatchObject({ code: 'operator_only' });
    const operator = await makeApi(makeCtx(), { isOperator: true });
    expect((await operator.call('POST', '/diagnostics')).status).toBe(200);
    const reader = await withKey(operator, { scopes: ['imports:read'] });
    expect(await (await reader.call('POST', '/diagnostics')).json()).toMatchObject({
      code: 'insufficient_scope',
    });
  });
});
