/** The dashboard of workspaces in several databases: accounts are in the first one, everything else in that of the workspace. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { desc, eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { chooseDatabase } from '../../../worker/accounts/workspaces/choose-database.ts';
import type { Ctx } from '../../../worker/context.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { apiKeys, workspaces } from '../../../worker/db/tables/workspaces.ts';
import { listWorkspaces, readQueue } from '../../../worker/diagnostics/workspaces.ts';
import { databaseOfId } from '../../../worker/ids.ts';
import { emptyTables, emptyTablesOf } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';
import { startWithTwoDatabases } from '../support/two-databases.ts';
import { makeSite } from '../site/support/site.ts';

beforeEach(async () => {
  await emptyTables();
  await applyD1Migrations(env.SECOND_DB, env.TEST_MIGRATIONS);
  await emptyTablesOf(env.SECOND_DB);
});

const newest = async (ctx: Ctx) =>
  (await ctx.db.select().from(workspaces).orderBy(desc(workspaces.createdAt)).limit(1))[0]!;

/** An operator who has made a workspace, which the session shows. */
async function startWithOwn() {
  const worker = await startWithTwoDatabases();
  const [home, second] = worker.ctxs;
  const site = await makeSite(home, { workspaceId: await makeWorkspace(home, { isOperator: true }) });
  expect((await site.post('/dashboard/workspaces', { name: 'elsewhere' })).location).toBe('/dashboard');
  const own = await newest(second);
  return { ...worker, home, second, site, own };
}

it('puts a new workspace into the database with the fewest, and a row about it into the first one', async () => {
  const { home, own, site } = await startWithOwn();
  expect(own).toMatchObject({ name: 'elsewhere' });
  expect(databaseOfId(own.id)).toBe(1);
  const known = await home.db.query.workspaces.findFirst({ where: eq(workspaces.id, own.id) });
  expect(known).toMatchObject({ name: 'elsewhere', running: 0 });
  for (let more = 0; more < 3; more++)
    await makeWorkspace(home, { id: (await chooseDatabase(home)).newId() });
  const placed = (await home.db.select().from(workspaces)).map(({ id }) => databaseOfId(id));
  const inSecond = placed.filter((database) => database === 1).length;
  expect(Math.abs(placed.length - 2 * inSecond)).toBeLessThanOrEqual(1);
  expect((await site.get('/dashboard/account')).html).toContain('elsewhere');
});

it('leaves nothing in the other database when a workspace is not made', async () => {
  const [home, second] = (await startWithTwoDatabases()).ctxs;
  home.config = { ...home.config, OPEN_SIGNUP: 'true' };
  const site = await makeSite(home);
  for (let more = 0; more < 12; more++) await site.post('/dashboard/workspaces', { name: `number ${more}` });
  const made = (await home.db.select().from(workspaces)).filter(({ name }) => name.startsWith('number'));
  expect(made).toHaveLength(9);
  const elsewhere = (await second.db.select().from(workspaces)).filter(({ name }) =>
    name.startsWith('number'),
  );
  const ids = made.map(({ id }) => id).filter((id) => databaseOfId(id) === 1);
  expect(elsewhere.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
});

it('asks no database where there is one', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  expect(await costOf(async () => expect(await chooseDatabase(ctx)).toBe(ctx))).toMatchObject({ calls: 0 });
});

it('shows and changes a workspace in its own database: keys, imports and the audit log', async () => {
  const { second, own, site, fetchPath } = await startWithOwn();
  for (const path of ['/dashboard', '/dashboard/imports', '/dashboard/usage', '/dashboard/storage'])
    expect([path, (await site.get(path)).status]).toEqual([path, 200]);
  const page = await site.post('/dashboard/keys', { name: 'from the page', 'scope-imports:read': 'on' });
  const key = /<code id="new-key">([^<]*)</.exec(page.html)?.[1] ?? '';
  expect(key).toMatch(/^imp_1_/);
  expect(await second.db.select().from(apiKeys)).toMatchObject([
    { workspaceId: own.id, name: 'from the page' },
  ]);
  expect((await fetchPath('/imports', { headers: { Authorization: `Bearer ${key}` } })).status).toBe(200);
  const { html } = await site.get('/dashboard/members/audit');
  expect(html).toContain('made the API key');
  expect(html).toContain('made the workspace');
  expect(html.split(site.email).length).toBeGreaterThan(2);
  const started = await site.post('/dashboard/imports/new', { url: 'https://media.example/clip.mp4' });
  expect(started.status).toBe(303);
  expect((await second.db.select().from(jobs)).map(({ workspaceId }) => workspaceId)).toEqual([own.id]);
});

it('shows nothing of a workspace in another database to those who are not its members', async () => {
  const { home, second, own } = await startWithOwn();
  const job = await makeJob(second, { workspaceId: own.id });
  const stranger = await makeSite(home);
  expect((await stranger.get(`/dashboard/imports/${job.id}`)).status).toBe(404);
  const switched = await stranger.post('/dashboard/workspace', { workspaceId: own.id });
  expect(switched.status).toBe(404);
});

it('adds up queues for the operator, and lists each workspace once with its own counters', async () => {
  const { home, second, own, site } = await startWithOwn();
  await makeJob(second, { workspaceId: own.id });
  await makeJob(home, { workspaceId: site.workspaceId });
  const listed = await listWorkspaces(home, { after: null, limit: 1_000 });
  expect(listed.filter(({ id }) => id === own.id)).toMatchObject([{ queued: 1, members: 1 }]);
  expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
  expect(await readQueue(home)).toMatchObject({ queued: 2, workspaces: listed.length });
  await site.post('/dashboard/workspace', { workspaceId: site.workspaceId });
  expect((await site.get('/dashboard/operations')).status).toBe(200);
});

it('changes the plan of a workspace where its API keys and its sessions read it', async () => {
  const { home, second, own, site } = await startWithOwn();
  await site.post('/dashboard/workspace', { workspaceId: site.workspaceId });
  const changed = await site.post(`/dashboard/operations/workspaces/${own.id}/plan`, { plan: 'paid' });
  expect(changed.location).toBe('/dashboard/operations');
  for (const { db } of [home, second]) {
    const row = await db.query.workspaces.findFirst({ where: eq(workspaces.id, own.id) });
    expect(row?.plan).toBe('paid');
  }
});
