import { eq, sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { createApiKey, findKey } from '../../../worker/auth/keys/api-key.ts';
import { readBearer } from '../../../worker/auth/bearer.ts';
import { createWorkspace, DEFAULT_MAX_CONCURRENT } from '../../../worker/auth/workspace.ts';
import { ALL_SCOPES } from '../../../worker/contract/api/scopes.ts';
import { apiKeys } from '../../../worker/db/tables/workspaces.ts';
import { makeCtx } from '../support/make-ctx.ts';

async function makeKey() {
  const ctx = makeCtx();
  const workspace = await createWorkspace(ctx.db, { name: 'keys', ...ctx });
  const made = await createApiKey(ctx.db, { workspaceId: workspace.id, name: 'first', ...ctx });
  return { ctx, workspace, ...made };
}

describe('an API key', () => {
  it('is random, has a form that secret scanners recognize, and identifies its workspace', async () => {
    const { ctx, workspace, key, row } = await makeKey();
    expect(key).toMatch(/^imp_[\w-]{43}$/);
    expect(await findKey(ctx.db, key)).toEqual({ row, workspace: { plan: 'free', isOperator: false } });
    expect(row).toMatchObject({ workspaceId: workspace.id, scopes: ALL_SCOPES });
  });

  it('has the scopes that it was created with', async () => {
    const { ctx, workspace } = await makeKey();
    const scopes = ['imports:read'] as const;
    const { key } = await createApiKey(ctx.db, { workspaceId: workspace.id, name: 'few', scopes, ...ctx });
    expect((await findKey(ctx.db, key))?.row.scopes).toEqual(scopes);
  });

  it('has all scopes when it was created before scopes existed', async () => {
    const { ctx, workspace, key, row } = await makeKey();
    await ctx.db.delete(apiKeys).where(eq(apiKeys.id, row.id));
    await ctx.db.run(
      sql`INSERT INTO api_keys (id, workspace_id, name, hash, last_four, created_at)
          VALUES (${row.id}, ${workspace.id}, 'old', ${row.hash}, ${row.lastFour}, ${row.createdAt})`,
    );
    expect((await findKey(ctx.db, key))?.row.scopes).toEqual(ALL_SCOPES);
  });

  it('is stored as a hash and its last four characters only', async () => {
    const { ctx, key, row } = await makeKey();
    const [stored] = await ctx.db.select().from(apiKeys).where(eq(apiKeys.id, row.id));
    expect(JSON.stringify(stored)).not.toContain(key.slice(4));
    expect(stored).toMatchObject({ hash: expect.stringMatching(/^[0-9a-f]{64}$/), lastFour: key.slice(-4) });
  });

  it('is refused as soon as it is revoked', async () => {
    const { ctx, key, row } = await makeKey();
    await ctx.db.update(apiKeys).set({ revokedAt: ctx.now() }).where(eq(apiKeys.id, row.id));
    expect(await findKey(ctx.db, key)).toBeNull();
  });

  it('is not found by any other text', async () => {
    const { ctx, key, row } = await makeKey();
    const wrong = [
      '',
      'imp_',
      key.slice(0, -1),
      `${key}A`,
      key.toUpperCase(),
      row.hash,
      `imp_${'x'.repeat(500)}`,
    ];
    const found = await Promise.all(wrong.map((text) => findKey(ctx.db, text)));
    expect(found).toEqual(wrong.map(() => null));
  });
});

it('gives a workspace the concurrency of one downloader by default', async () => {
  const ctx = makeCtx();
  const usual = await createWorkspace(ctx.db, { name: 'usual', ...ctx });
  const small = await createWorkspace(ctx.db, { name: 'small', maxConcurrent: 1, ...ctx });
  expect([usual.maxConcurrent, small.maxConcurrent]).toEqual([DEFAULT_MAX_CONCURRENT, 1]);
});

it.each([
  ['Bearer imp_x', 'imp_x'],
  ['bearer  imp_x ', 'imp_x'],
  ['Basic imp_x', null],
  ['Bearer', null],
  ['Bearer a b', null],
  ['imp_x', null],
  [undefined, null],
])('reads %j as the bearer token %j', (header, token) => {
  expect(readBearer(header)).toBe(token);
});
