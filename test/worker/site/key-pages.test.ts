import { expect, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { createApp } from '../../../worker/app.ts';
import { apiKeys } from '../../../worker/db/tables/workspaces.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeSite, type TestSite } from './support/site.ts';

const PATH = '/dashboard/keys';
const SCRIPT = '<script>alert(1)</script>';

const keysOf = (ctx: ReturnType<typeof makeCtx>, { workspaceId }: TestSite) =>
  ctx.db.query.apiKeys.findMany({ where: eq(apiKeys.workspaceId, workspaceId) });

async function makeKey(site: TestSite, fields: Record<string, string> = {}): Promise<string> {
  const page = await site.post(PATH, { name: 'upload form', 'scope-imports:read': 'on', ...fields });
  return /<code id="new-key">([^<]*)</.exec(page.html)?.[1] ?? '';
}

test('a key is shown once, works with the scopes of the form, and stops when it is revoked', async () => {
  const ctx = makeCtx();
  const site = await makeSite(ctx);
  const key = await makeKey(site, { name: SCRIPT, days: '30' });
  const use = async () =>
    (await createApp(ctx).request('/imports', { headers: { Authorization: `Bearer ${key}` } })).status;
  expect(await use()).toBe(200);
  const [row] = await keysOf(ctx, site);
  expect(row).toMatchObject({ name: SCRIPT, scopes: ['imports:read'] });
  expect((row?.expiresAt ?? 0) - ctx.now()).toBeGreaterThan(29 * 86_400_000);
  const list = await site.get(PATH);
  expect(list.html).not.toContain(key);
  expect(list.html).not.toContain(SCRIPT);
  expect(list.html).toContain(`ends with ${key.slice(-4)}`);
  expect((await site.get(`${PATH}/${row?.id}/revoke`)).html).toContain('are refused from then on');
  expect(await site.post(`${PATH}/${row?.id}/revoke`)).toMatchObject({ status: 303, location: PATH });
  expect(await use()).toBe(401);
});

test('a replaced key and the new one work side by side', async () => {
  const ctx = makeCtx();
  const site = await makeSite(ctx);
  await makeKey(site);
  const [{ id } = { id: '' }] = await keysOf(ctx, site);
  const page = await site.post(`${PATH}/${id}/rotate`);
  expect(page.html).toContain('shown only once');
  const again = await site.post(`${PATH}/${id}/rotate`);
  expect(again.flash).toContain('problem');
  expect(await keysOf(ctx, site)).toHaveLength(2);
});

test.each([
  ['name', { name: '' }, 'Name must not be empty'],
  ['allowedAddresses', { allowedAddresses: '10.0.0.1/8' }, 'must be an IP address'],
])('a wrong %s is named beside its field, and what was typed stays', async (field, typed, text) => {
  const ctx = makeCtx();
  const site = await makeSite(ctx);
  const page = await site.post(PATH, { name: 'n', 'scope-usage': 'on', ...typed });
  expect(page.status).toBe(422);
  expect(new RegExp(`id="${field}-error">([^<]*)<`).exec(page.html)?.[1]).toContain(text);
  expect(page.html).toMatch(/name="scope-usage"[^>]*checked/);
  expect(await keysOf(ctx, site)).toHaveLength(0);
});

test('only owners see and make keys, and only those of their workspace', async () => {
  const ctx = makeCtx();
  const owner = await makeSite(ctx);
  await makeKey(owner);
  const [{ id } = { id: '' }] = await keysOf(ctx, owner);
  const member = await makeSite(ctx, { workspaceId: owner.workspaceId, role: 'member' });
  const stranger = await makeSite(ctx);
  expect((await member.get(PATH)).status).toBe(403);
  expect((await member.post(PATH, { name: 'n' })).status).toBe(403);
  for (const action of ['revoke', 'rotate']) {
    expect((await stranger.post(`${PATH}/${id}/${action}`)).status).toBe(404);
    expect((await stranger.get(`${PATH}/${id}/${action}`)).status).toBe(404);
  }
});
