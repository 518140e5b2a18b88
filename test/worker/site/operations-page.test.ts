import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { deadLetters } from '../../../worker/db/tables/dead-letters.ts';
import { fleetMembers } from '../../../worker/db/tables/fleet.ts';
import { queueProbes } from '../../../worker/db/tables/queue-probes.ts';
import { siteResults } from '../../../worker/db/tables/sites.ts';
import { slotPauses, slots } from '../../../worker/db/tables/slots.ts';
import { workspaces } from '../../../worker/db/tables/workspaces.ts';
import { EVERYONE, hourOf } from '../../../worker/jobs/sites/site-hours.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';
import { makeSite, type Page, type TestSite } from './support/site.ts';

const PATH = '/dashboard/operations';
const DOCTOR = `${PATH}/doctor`;
const REPLAY = `${PATH}/dead-letters/replay`;
const SCRIPT = '<script>alert(1)</script>';
const DAY_MS = 86_400_000;

beforeEach(async () => {
  await emptyTables();
  await makeCtx().db.delete(deadLetters);
});

/** The operator's browser. */
async function setUp(): Promise<{ ctx: TestCtx; site: TestSite }> {
  const ctx = makeCtx();
  const workspaceId = await makeWorkspace(ctx, { isOperator: true });
  return { ctx, site: await makeSite(ctx, { workspaceId }) };
}

/** The text of the rows of a table. */
function rowsOf({ html }: Page, caption: string): string[] {
  const table = html.split('<table').find((part) => part.includes(`${caption}</caption>`)) ?? '';
  const [, body = ''] = /<tbody>(.*?)<\/tbody>/s.exec(table) ?? [];
  return body
    .split('<tr>')
    .slice(1)
    .map((row) =>
      row
        .replaceAll(/<[^>]+>/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );
}

const letter = (ctx: TestCtx, id: string, body: unknown, receivedAt = ctx.now()) =>
  ctx.db
    .insert(deadLetters)
    .values({ id, body: JSON.stringify(body), attempts: 2, sentAt: ctx.now(), receivedAt });

describe('the page of the operator', () => {
  test('does not exist for anyone else, and neither do its forms', async () => {
    const { ctx, site } = await setUp();
    const { workspaceId } = site;
    await letter(ctx, 'kept', { ring: true });
    const others = [
      await makeSite(ctx),
      await makeSite(ctx, { workspaceId, role: 'member' }),
      await makeSite(ctx, { workspaceId, role: 'read-only' }),
    ];
    for (const other of others) {
      expect((await other.get(PATH)).status).toBe(404);
      expect((await other.get(`${DOCTOR}/queue/x`)).status).toBe(404);
      expect((await other.post(DOCTOR)).status).toBe(404);
      expect((await other.post(REPLAY)).status).toBe(404);
      expect((await other.get('/dashboard')).html).not.toContain(PATH);
    }
    expect(await ctx.db.$count(deadLetters)).toBe(1);
    expect((await site.get('/dashboard')).html).toContain(`href="${PATH}"`);
  });

  test('says what is not there yet', async () => {
    const { site } = await setUp();
    const page = await site.get(PATH);
    expect(page.status).toBe(200);
    for (const text of ['No dead letters', 'No import ended in the last day', 'No report yet'])
      expect(page.html).toContain(text);
    expect(page.html).not.toContain('class="note');
  });

  test('shows each downloader with its load, its versions and whether it takes jobs', async () => {
    const { ctx, site } = await setUp();
    const now = ctx.now();
    const released = new Date(now - 70 * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '.');
    const versions = { downloader: '0.1.0', ytdlp: released, ffmpeg: SCRIPT };
    await ctx.db.insert(slots).values([
      { slot: 'slot-0', capacity: 4, versions, lastSeenAt: now },
      { slot: 'slot-9', capacity: 2, versions: { ...versions, ytdlp: null }, lastSeenAt: now },
      { slot: 'slot-8', capacity: 2, versions, lastSeenAt: now - 8 * DAY_MS },
    ]);
    await ctx.db.insert(slotPauses).values({
      slot: 'slot-9',
      since: now,
      tries: 3,
      pausedUntil: now + 60_000,
      isSilent: true,
    });
    const member = { tokenHash: 'x', createdAt: now };
    await ctx.db.insert(fleetMembers).values([
      { id: 'here', name: 'home', ...member },
      { id: 'gone', name: 'old', ...member, tokenHash: 'y', revokedAt: now },
    ]);
    await makeJob(ctx, { workspaceId: site.workspaceId, status: 'processing', slot: 'slot-0' });
    const page = await site.get(PATH);
    expect(page.html).not.toContain(SCRIPT);
    const rows = rowsOf(page, 'Downloaders');
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/^slot-0 Takes jobs 1 of 4 .* 70 days old: update it/);
    expect(rows.find((row) => row.startsWith('slot-9'))).toMatch(/Does not answer .* 0 of 2 Not installed/);
    expect(rows.find((row) => row.startsWith('pull-home'))).toContain('Fleet member No report yet');
  });

  test('shows the queue, and says first that no downloader answers', async () => {
    const { ctx, site } = await setUp();
    await makeJob(ctx, { workspaceId: site.workspaceId, runAfter: ctx.now() - 90_000 });
    const before = await site.get(PATH);
    expect(before.html).toContain('1 min 30 s');
    expect(before.html).not.toContain('No downloader has answered');
    const since = ctx.now() - 120_000;
    await ctx.db
      .insert(slotPauses)
      .values({ slot: 'slot-0', since, tries: 3, pausedUntil: ctx.now(), isSilent: true });
    expect((await site.get(PATH)).html).toContain('No downloader has answered since');
  });

  test('shows the success of each site for all workspaces together', async () => {
    const { ctx, site } = await setUp();
    const hour = hourOf(ctx.now());
    const row = { hour, workspaceId: EVERYONE };
    await ctx.db.insert(siteResults).values([
      { ...row, host: 'good.example', code: '', imports: 999 },
      { ...row, host: 'good.example', code: 'source_not_found', imports: 1 },
      { ...row, host: SCRIPT, code: 'geo_blocked', imports: 4 },
      { ...row, workspaceId: site.workspaceId, host: 'one.example', code: '', imports: 1 },
    ]);
    const page = await site.get(PATH);
    expect(page.html).not.toContain(SCRIPT);
    const [good, bad, ...others] = rowsOf(page, 'Success rate by site');
    // A site with a failure never shows 100 %.
    expect(good).toMatch(/^good.example 99 % .*\(1\) 1,000$/);
    expect(bad).toMatch(/ 0 % .*\(4\) 4$/);
    expect(others).toEqual([]);
  });

  test('lists the workspaces with plan and jobs by page, the newest first', async () => {
    const { ctx, site } = await setUp();
    for (let index = 0; index < 25; index += 1) {
      ctx.clock.advance(1);
      await makeWorkspace(ctx, { name: `space ${index}` });
    }
    ctx.clock.advance(1);
    const id = await makeWorkspace(ctx, { name: SCRIPT, plan: 'paid', maxConcurrent: 8 });
    await makeJob(ctx, { workspaceId: id });
    const page = await site.get(PATH);
    expect(page.html).not.toContain(SCRIPT);
    const [newest, ...rest] = rowsOf(page, 'Workspaces');
    expect(newest).toMatch(new RegExp(`^&lt;script.* ${id} free paid Change 0 0 of 8 1 just now$`));
    expect(rest).toHaveLength(24);
    expect(page.html).not.toContain('Balance');
    const next = /href="([^"]*cursor=[^"]*)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect((await site.get(next)).html).toContain('space 0<');
    expect((await site.get(`${PATH}?cursor=forged`)).status).toBe(400);
    ctx.config = { ...ctx.config, BILLING: 'on' };
    await ctx.db.update(workspaces).set({ creditedMicrodollars: 2_500_000 }).where(eq(workspaces.id, id));
    expect(rowsOf(await site.get(PATH), 'Workspaces')[0]).toContain('$2.50');
  });
});

describe('the plan of a workspace', () => {
  test('is changed by the operator, and both workspaces keep a record, of which only one names a person', async () => {
    const { ctx, site } = await setUp();
    const customer = await makeSite(ctx);
    const path = `${PATH}/workspaces/${customer.workspaceId}/plan`;
    expect(await site.post(path, { plan: 'paid' })).toMatchObject({ status: 303, location: PATH });
    await site.post(path, { plan: 'paid' });
    const row = await ctx.db.query.workspaces.findFirst({ where: eq(workspaces.id, customer.workspaceId) });
    expect(row?.plan).toBe('paid');
    const log = await ctx.db.query.auditLog.findMany({
      where: (rows) => eq(rows.subjectId, customer.workspaceId),
    });
    const change = { action: 'workspace.plan_changed', details: { from: 'free', to: 'paid' } };
    expect(log.toSorted((one, other) => one.actorType.localeCompare(other.actorType))).toMatchObject([
      { ...change, workspaceId: customer.workspaceId, actorType: 'system' },
      { ...change, workspaceId: site.workspaceId, actorType: 'user', actorId: site.userId },
    ]);
    const shown = await customer.get('/dashboard/members/audit');
    expect(shown.html).toContain('changed the plan of test');
    expect(shown.html).not.toContain(site.email);
  });

  test('stays when the plan or the workspace does not exist', async () => {
    const { ctx, site } = await setUp();
    expect((await site.post(`${PATH}/workspaces/${site.workspaceId}/plan`, { plan: SCRIPT })).status).toBe(
      400,
    );
    expect((await site.post(`${PATH}/workspaces/none/plan`, { plan: 'paid' })).status).toBe(404);
    const log = await ctx.db.query.auditLog.findMany({
      where: (rows) => eq(rows.workspaceId, site.workspaceId),
    });
    expect(log).toEqual([]);
  });
});

describe('dead letters', () => {
  test('are sent again one by one: deliveries by name, everything else by the doorbell', async () => {
    const { ctx, site } = await setUp();
    const key = { endpointId: 'endpoint', eventId: 'event' };
    await letter(ctx, 'delivery', key);
    await letter(ctx, 'ring', { ring: true, note: SCRIPT });
    const page = await site.get(PATH);
    expect(page.html).not.toContain(SCRIPT);
    expect(rowsOf(page, 'dead letters')).toHaveLength(2);
    expect(await site.post(REPLAY, { id: 'delivery' })).toMatchObject({ status: 303, location: PATH });
    expect(ctx.wakes).toEqual([{ ...key, delaySeconds: 0 }]);
    expect(ctx.rings).toEqual([]);
    await site.post(REPLAY, { id: 'ring' });
    expect(ctx.rings).toEqual([0]);
    expect(await ctx.db.$count(deadLetters)).toBe(0);
    expect((await site.post(REPLAY, { id: 'ring' })).status).toBe(404);
    expect(ctx.rings).toEqual([0]);
  });

  test('are sent again together, as many as the page shows', async () => {
    const { ctx, site } = await setUp();
    for (let index = 0; index < 22; index += 1) {
      const body = index % 2 === 0 ? { endpointId: 'endpoint', eventId: `${index}` } : null;
      await letter(ctx, `${index}`, body, ctx.now() + index);
    }
    expect((await site.get(PATH)).html).toContain('Send 20 again');
    await site.post(REPLAY);
    expect(ctx.wakes).toHaveLength(10);
    expect(ctx.rings).toEqual([0]);
    const left = await ctx.db.select({ id: deadLetters.id }).from(deadLetters);
    expect(left.map(({ id }) => id).toSorted()).toEqual(['0', '1']);
  });
});

describe('the checks', () => {
  test('name what works and what does not, as a part of the page and as a page', async () => {
    const { ctx, site } = await setUp();
    const part = await site.post(DOCTOR, {}, { 'HX-Request': 'true' });
    expect(part.html).not.toContain('<html');
    expect(part.html).toContain('Run them again');
    expect(part.html.match(/>Works</g)).toHaveLength(3);
    ctx.downloader.health = async () => Promise.reject(new Error(SCRIPT));
    const page = await site.post(DOCTOR);
    expect(page.html).toContain('<html');
    expect(page.html).toContain('No downloader answered.');
    expect(page.html).not.toContain(SCRIPT);
  });

  test('follow their message through the queue until it has come back', async () => {
    const { ctx, site } = await setUp();
    const { html } = await site.post(DOCTOR, {}, { 'HX-Request': 'true' });
    const path = /hx-get="([^"]*\/queue\/[^"]*)"/.exec(html)?.[1] ?? '';
    expect((await site.get(path)).html).toContain('hx-trigger="every 1s"');
    ctx.clock.advance(61_000);
    const lost = await site.get(path);
    expect(lost.html).toContain('has not delivered it');
    expect(lost.html).not.toContain('hx-trigger');
    const probeId = path.split('/').at(-1) ?? '';
    await ctx.db.update(queueProbes).set({ receivedAt: ctx.now() }).where(eq(queueProbes.id, probeId));
    expect((await site.get(path)).html).toContain('>Works<');
  });
});
