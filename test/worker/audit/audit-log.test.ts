import { beforeAll, expect, test } from 'vitest';
import { listAudit } from '../../../worker/audit/list-audit.ts';
import { pruneAudit } from '../../../worker/audit/prune-audit.ts';
import { DestinationInput } from '../../../worker/contract/api/storage/destination-input.ts';
import { auditLog } from '../../../worker/db/tables/audit-log.ts';
import { saveDestination } from '../../../worker/storage/destinations/save-destination.ts';
import { create, type Made } from '../support/keys.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';

const SECRET = 'a-secret-that-nobody-may-read';
const DAY_MS = 86_400_000;
let api: TestApi;
beforeAll(async () => {
  api = await makeApi();
});

/** What was changed since the last call, the oldest change first. */
async function changes({ ctx, workspaceId }: TestApi) {
  const { entries } = await listAudit(ctx, { workspaceId, before: null });
  const rows = await ctx.db.query.auditLog.findMany();
  expect(JSON.stringify(rows)).not.toContain(SECRET);
  ctx.clock.advance(1);
  const found = entries.toReversed().map(({ row, actorName }) => {
    expect([row.actorType, row.actorId, actorName]).toEqual(['key', api.apiKeyId, 'test']);
    return [row.action, row.subjectName, row.details];
  });
  return found.slice(seen, (seen = found.length));
}
let seen = 0;

/** A call that succeeds; the clock moves, so that rows of the log have an order. */
async function call(...args: Parameters<TestApi['call']>): Promise<Response> {
  const answer = await api.call(...args);
  expect(answer.status).toBe(200);
  api.ctx.clock.advance(1);
  return answer;
}

test('changes of API keys are in the log, with the key that made them', async () => {
  const made = await create(api, { name: 'upload form' });
  api.ctx.clock.advance(1);
  const rotated = await (await call('POST', `/keys/${made.id}/rotate`)).json<{ data: Made }>();
  await call('DELETE', `/keys/${rotated.data.id}`);
  await call('DELETE', `/keys/${rotated.data.id}`);
  expect(await changes(api)).toEqual([
    ['key.created', 'upload form', { scopes: ['imports:read'] }],
    ['key.rotated', 'upload form', { replacedBy: rotated.data.id }],
    ['key.revoked', 'upload form', null],
  ]);
});

test('changes of storage settings are in the log, without their secrets', async () => {
  const { ctx, workspaceId, apiKeyId } = api;
  const actor = { type: 'key' as const, id: apiKeyId };
  const fields = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: SECRET, region: 'eu-west-1' };
  for (const bucket of ['first-bucket', 'second-bucket']) {
    await saveDestination(ctx, { workspaceId, actor, input: DestinationInput.parse({ ...fields, bucket }) });
    ctx.clock.advance(1);
  }
  await call('DELETE', '/storage');
  expect((await api.call('DELETE', '/storage')).status).toBe(404);
  expect(await changes(api)).toEqual([
    ['storage.saved', 'default', { bucket: 'first-bucket' }],
    ['storage.saved', 'default', { bucket: 'second-bucket' }],
    ['storage.deleted', 'default', null],
  ]);
});

test('changes of webhooks are in the log', async () => {
  const url = 'https://hooks.example/all';
  const made = await (await call('POST', '/webhooks', { url })).json<{ data: { id: string } }>();
  const path = `/webhooks/${made.data.id}`;
  await call('PATCH', path, { description: 'all of them' });
  await call('POST', `${path}/rotate-secret`, {});
  await call('DELETE', path);
  expect(await changes(api)).toEqual([
    ['webhook.created', url, null],
    ['webhook.changed', url, null],
    ['webhook.secret_rotated', url, null],
    ['webhook.deleted', url, null],
  ]);
});

test('a refused change is not in the log', async () => {
  expect((await api.call('DELETE', `/keys/${api.apiKeyId}`)).status).toBe(409);
  expect((await api.call('DELETE', '/keys/unknown')).status).toBe(404);
  expect(await changes(api)).toEqual([]);
});

test('the log has pages, and other workspaces do not see it', async () => {
  const other = await makeApi(api.ctx);
  expect(await listAudit(api.ctx, { workspaceId: other.workspaceId, before: null })).toEqual({
    entries: [],
    next: null,
  });
  await create(other, { name: 'key' });
  const [row] = await api.ctx.db.query.auditLog.findMany({
    where: (log, { eq }) => eq(log.workspaceId, other.workspaceId),
  });
  for (let n = 0; n < 50; n += 1) {
    api.ctx.clock.advance(1);
    await api.ctx.db.insert(auditLog).values({ ...row!, id: api.ctx.newId(), subjectName: `key ${n}` });
  }
  const { workspaceId } = other;
  const first = await listAudit(api.ctx, { workspaceId, before: null });
  expect(first.entries).toHaveLength(50);
  expect(first.entries[0]?.row.subjectName).toBe('key 49');
  const second = await listAudit(api.ctx, { workspaceId, before: first.next });
  expect(second.entries.map(({ row }) => row.subjectName)).toEqual(['key']);
  expect(second.next).toBeNull();
});

test('rows are kept for 400 days', async () => {
  const own = await makeApi(api.ctx);
  await create(own);
  const count = async () =>
    (await listAudit(api.ctx, { workspaceId: own.workspaceId, before: null })).entries.length;
  api.ctx.clock.advance(399 * DAY_MS);
  await pruneAudit(api.ctx);
  expect(await count()).toBe(1);
  api.ctx.clock.advance(2 * DAY_MS);
  await pruneAudit(api.ctx);
  expect(await count()).toBe(0);
});
