import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../../../worker/app.ts';
import type { KeyView } from '../../../../worker/contract/api/keys.ts';
import { apiKeys } from '../../../../worker/db/tables/workspaces.ts';
import { create, HOUR, iso, list, use, withKey, type Made } from '../../support/keys.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';

describe('DELETE /keys/{id}', () => {
  it('revokes the key for every isolate at once, and again without a change', async () => {
    const api = await makeApi();
    const { id, key } = await create(api);
    // Another isolate has an app and a context of its own.
    const elsewhere = createApp(makeCtx());
    const ask = () => elsewhere.request('/keys?limit=1', { headers: { Authorization: `Bearer ${key}` } });
    expect((await ask()).status).not.toBe(401);
    const revoked = await api.call('DELETE', `/keys/${id}`);
    expect((await ask()).status).toBe(401);
    const { data } = await revoked.json<{ data: KeyView }>();
    expect(data).toMatchObject({ id, status: 'revoked', revokedAt: iso(api.ctx.now()) });
    api.ctx.clock.advance(1_000);
    const again = await (await api.call('DELETE', `/keys/${id}`)).json<{ data: KeyView }>();
    expect(again.data).toEqual(data);
  });

  it('does not know a key of another workspace', async () => {
    const [mine, theirs] = [await makeApi(), await makeApi()];
    const { id, key } = await create(theirs);
    for (const [method, path] of [
      ['DELETE', `/keys/${id}`],
      ['POST', `/keys/${id}/rotate`],
    ] as const) {
      const answer = await mine.call(method, path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'key_not_found' });
    }
    expect((await list(mine)).map((row) => row.id)).toEqual([mine.apiKeyId]);
    expect((await use(theirs, key)).status).toBe(404);
  });

  it('refuses to revoke the last admin key, unless another one lasts as long', async () => {
    const api = await makeApi();
    const revoke = async () => (await api.call('DELETE', `/keys/${api.apiKeyId}`)).json();
    expect(await revoke()).toMatchObject({ code: 'last_admin_key' });
    await create(api, { scopes: ['imports:read', 'storage'] });
    await create(api, { scopes: ['admin'], expiresAt: iso(api.ctx.now() + HOUR) });
    expect(await revoke()).toMatchObject({ code: 'last_admin_key' });
    await create(api, { scopes: ['admin'] });
    expect(await revoke()).toMatchObject({ success: true });
  });

  it('never lets two admin keys revoke each other', async () => {
    const api = await makeApi();
    const other = await withKey(api, { scopes: ['admin'] });
    const answers = await Promise.all([
      api.call('DELETE', `/keys/${other.apiKeyId}`),
      other.call('DELETE', `/keys/${api.apiKeyId}`),
    ]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(200);
    // The other call came too late: it is refused, or its key was revoked before it began.
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    const live = await api.ctx.db.query.apiKeys.findMany({
      where: eq(apiKeys.workspaceId, api.workspaceId),
    });
    expect(live.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(1);
  });
});

describe('POST /keys/{id}/rotate', () => {
  const rotate = async (api: TestApi, id: string, input?: object) => {
    const answer = await api.call('POST', `/keys/${id}/rotate`, input);
    expect(answer.status).toBe(200);
    return (await answer.json<{ data: Made }>()).data;
  };

  it('makes a key with the same rights, and both work during the overlap', async () => {
    const api = await makeApi();
    const rights = { scopes: ['imports:read'], allowedAddresses: ['::1'], limits: { importsPerHour: 9 } };
    const old = await create(api, rights);
    const next = await rotate(api, old.id, { overlapSeconds: 60 });
    expect(next).toMatchObject({ name: 'made', status: 'active', expiresAt: null, ...rights });
    expect(next.key).not.toBe(old.key);
    const statuses = async () => [
      (await use(api, old.key, '::1')).status,
      (await use(api, next.key, '::1')).status,
    ];
    api.ctx.clock.advance(59_999);
    expect(await statuses()).toEqual([404, 404]);
    api.ctx.clock.advance(1);
    expect(await statuses()).toEqual([401, 404]);
    const [found] = (await list(api)).filter(({ id }) => id === old.id);
    expect(found).toMatchObject({ status: 'expired', replacedBy: next.id });
  });

  it('has an overlap of one day by default, and none with 0', async () => {
    const api = await makeApi();
    const [patient, urgent] = [await create(api), await create(api)];
    await rotate(api, patient.id);
    await rotate(api, urgent.id, { overlapSeconds: 0 });
    const keys = await list(api);
    expect(keys.find(({ id }) => id === patient.id)?.expiresAt).toBe(iso(api.ctx.now() + 24 * HOUR));
    expect(keys.find(({ id }) => id === urgent.id)?.status).toBe('revoked');
  });

  it('never lengthens the life of the old key, and gives the new one the same end or another', async () => {
    const api = await makeApi();
    const expiresAt = iso(api.ctx.now() + HOUR);
    const [first, second] = [await create(api, { expiresAt }), await create(api, { expiresAt })];
    expect((await rotate(api, first.id)).expiresAt).toBe(expiresAt);
    const later = iso(api.ctx.now() + 50 * HOUR);
    expect((await rotate(api, second.id, { expiresAt: later })).expiresAt).toBe(later);
    const keys = await list(api);
    expect(keys.find(({ id }) => id === second.id)?.expiresAt).toBe(expiresAt);
  });

  it('makes one key of parallel rotations', async () => {
    const api = await makeApi();
    const { id } = await create(api);
    const answers = await Promise.all([1, 2, 3].map(() => api.call('POST', `/keys/${id}/rotate`)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    expect(await list(api)).toHaveLength(3);
    const again = await api.call('POST', `/keys/${id}/rotate`, {});
    expect(await again.json()).toMatchObject({ code: 'key_ended' });
  });

  it('gives the same key to a repeated request with an Idempotency-Key', async () => {
    const api = await makeApi();
    const { id } = await create(api);
    const headers = { Authorization: `Bearer ${api.apiKey}`, 'Idempotency-Key': 'rotation-1' };
    const send = async () =>
      (await api.anonymous(`/keys/${id}/rotate`, { method: 'POST', headers })).json<{ data: Made }>();
    const [first, second] = await Promise.all([send(), send()]);
    expect(second).toEqual(first);
    expect(await send()).toEqual(first);
    expect((await use(api, first.data.key)).status).toBe(404);
    expect(await list(api)).toHaveLength(3);
  });

  it('does not give a key the rights of another', async () => {
    const api = await makeApi();
    const limited = await withKey(api, { scopes: ['admin'] });
    const answer = await limited.call('POST', `/keys/${api.apiKeyId}/rotate`);
    expect(await answer.json()).toMatchObject({ code: 'key_grant_exceeded', field: 'scopes' });
    expect((await api.call('GET', '/keys')).status).toBe(200);
  });

  it.each([
    { overlapSeconds: -1 },
    { overlapSeconds: 1.5 },
    { overlapSeconds: 30 * 86_400 + 1 },
    { name: 'x' },
  ])('refuses %j', async (input) => {
    const api = await makeApi();
    expect((await api.call('POST', `/keys/${api.apiKeyId}/rotate`, input)).status).toBe(400);
  });

  it('replaces the last admin key, which then cannot be revoked in its place', async () => {
    const api = await makeApi();
    const next = await rotate(api, api.apiKeyId);
    const revoked = await api.call('DELETE', `/keys/${next.id}`);
    expect(await revoked.json()).toMatchObject({ code: 'last_admin_key' });
    expect((await api.call('DELETE', `/keys/${api.apiKeyId}`)).status).toBe(200);
  });
});
