/** Claims for a whole fleet: what they cost, and which slot gets which job. */
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { slotPauses, slotReservations, slotRooms } from '../../../worker/db/tables/slots.ts';
import { NEVER } from '../../../worker/jobs/alone/crashes.ts';
import { endAttempt } from '../../../worker/jobs/end/end-attempt.ts';
import { fillSlots } from '../../../worker/jobs/fill-slots.ts';
import { claimForFleet } from '../../../worker/jobs/slots/claim-for-fleet.ts';
import { openRooms } from '../../../worker/jobs/slots/slot-rooms.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';

// One test leaves 100,000 jobs.
beforeEach(emptyTables, 60_000);

function makeFleet(DOWNLOADER_SLOTS: number, JOBS_PER_SLOT = 4): TestCtx {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, DOWNLOADER_SLOTS, JOBS_PER_SLOT };
  return ctx;
}

/** Adds `count` rows to `jobs`; `i` is the number of the row. */
async function addJobs(workspaceId: string, count: number, columns: Record<string, string>): Promise<void> {
  const step = 10_000;
  const names = Object.keys(columns).map((name) => `, ${name}`);
  for (let from = 0; from < count; from += step) {
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT CAST(?1 AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
       INSERT INTO jobs (workspace_id, kind, request, created_at, run_after${names.join('')})
       SELECT ?3, 'import', '{"url":"https://a.example/"}', 0, i, ${Object.values(columns).join(', ')} FROM n`,
    )
      .bind(from, Math.min(from + step, count) - 1, workspaceId)
      .run();
  }
}

/** All slots but one of a fleet of 500 are full, with jobs of a workspace that has many more. */
async function makeBusyFleet({ perSlot = 4, hasExtra = false } = {}) {
  const ctx = makeFleet(500);
  const many = await makeWorkspace(ctx, { maxConcurrent: 10_000 });
  const free = 250;
  await claimForFleet(ctx, 1);
  await addJobs(many, 100_000, { id: `'queued-' || i`, status: `'queued'` });
  await addJobs(many, 500 * perSlot, {
    id: `'running-' || i`,
    status: `'processing'`,
    slot: `'slot-' || (i / ${perSlot})`,
    attempt: '1',
    lease_until: String(ctx.now() + 30_000),
  });
  await env.DB.exec(`DELETE FROM jobs WHERE id = 'running-${free * perSlot}'`);
  await ctx.db.update(slotRooms).set({ hasRoom: false, hasExtra });
  await ctx.db.update(slotRooms).set({ hasRoom: true, hasExtra: true }).where(eq(slotRooms.number, free));
  return { ctx, many };
}

describe('a claim for a fleet of 500 slots, of which one has room, with 100,000 jobs in the queue', () => {
  it('is one call that reads at most 100 rows', async () => {
    const { ctx } = await makeBusyFleet({ perSlot: 4 });
    const { db, costOf } = meteredDb();
    ctx.db = db;
    const cost = await costOf(async () => {
      const { jobs: claimed, hasMore } = await claimForFleet(ctx, 2);
      expect(claimed).toMatchObject([{ id: 'queued-0', slot: 'slot-250' }]);
      expect(hasMore).toBe(false);
    });
    expect(cost).toMatchObject({ calls: 1 });
    expect(cost.rowsRead).toBeLessThanOrEqual(100);
    const full = await costOf(async () => expect((await claimForFleet(ctx, 2)).jobs).toEqual([]));
    expect(full).toMatchObject({ calls: 1, rowsWritten: 0 });
    expect(full.rowsRead).toBeLessThanOrEqual(80);
  }, 60_000);

  it('costs no more when the others do not answer', async () => {
    const ctx = makeFleet(500);
    await claimForFleet(ctx, 1);
    const pausedUntil = ctx.now() + 30_000;
    const pauses = Array.from({ length: 500 }, (_, n) => ({
      slot: `slot-${n}`,
      since: 0,
      tries: 1,
      pausedUntil,
      isSilent: true,
    }));
    for (let at = 0; at < 500; at += 20)
      await ctx.db.insert(slotPauses).values(pauses.filter((_, n) => n >= at && n < at + 20 && n !== 250));
    await ctx.db.update(slotRooms).set({ hasRoom: false, hasExtra: false });
    await openRooms(ctx);
    await makeJob(ctx);
    const { db, costOf } = meteredDb();
    ctx.db = db;
    const cost = await costOf(async () =>
      expect((await claimForFleet(ctx, 2)).jobs).toMatchObject([{ slot: 'slot-250' }]),
    );
    expect(cost.rowsRead).toBeLessThanOrEqual(100);
  });

  it('finds an extra place for a workspace that runs nothing, and reads few rows when there is none', async () => {
    const { ctx } = await makeBusyFleet({ hasExtra: true });
    await claimForFleet(ctx, 2);
    const { db, costOf } = meteredDb();
    ctx.db = db;
    const none = await costOf(async () => expect((await claimForFleet(ctx, 2)).jobs).toEqual([]));
    expect(none.rowsRead).toBeLessThanOrEqual(200);
    const other = await makeJob(ctx);
    expect((await claimForFleet(ctx, 2)).jobs.map(({ id }) => id)).toEqual([other.id]);
  }, 60_000);
});

describe('rings of the doorbell', () => {
  it('that come while one is answered are answered together, by one more claim', async () => {
    const { db, costOf } = meteredDb();
    const ctx = makeFleet(2);
    await fillSlots(ctx);
    ctx.db = db;
    await makeJob(ctx, { runAfter: ctx.now() + 1 });
    const rings = Array.from({ length: 20 }, () => () => fillSlots(ctx));
    const cost = await costOf(() => Promise.all(rings.map((answer) => answer())));
    expect(cost.calls).toBe(2);
  });

  it('ask no downloader while the fleet is full', async () => {
    const { db, costOf } = meteredDb();
    const ctx = makeFleet(2, 1);
    const workspaceId = await makeWorkspace(ctx);
    for (let job = 0; job < 5; job++) await makeJob(ctx, { workspaceId });
    await fillSlots(ctx);
    expect(ctx.downloader.commands).toHaveLength(2);
    ctx.downloader.health = () => Promise.reject(new Error('asked'));
    ctx.db = db;
    const cost = await costOf(() => fillSlots(ctx));
    expect(cost).toMatchObject({ calls: 1, rowsWritten: 0 });
    expect(ctx.downloader.commands).toHaveLength(2);
    const job = (await ctx.db.query.jobs.findFirst({ where: eq(jobs.status, 'processing') }))!;
    await endAttempt(ctx, { job, loss: { outcome: 'handed_back', isPage: true } });
    await fillSlots(ctx);
    expect(ctx.downloader.commands).toHaveLength(3);
  });

  it.each(['accepted', 'unsupported', 'unreachable', 'unknown'] as const)(
    'start a bounded number of jobs, also when each is %s, and ring again for the others',
    async (outcome) => {
      const { db, costOf } = meteredDb();
      const ctx = makeFleet(100);
      ctx.db = db;
      ctx.downloader.outcome = outcome;
      const workspaceId = await makeWorkspace(ctx, { maxConcurrent: 1000 });
      await addJobs(workspaceId, 400, { id: `'queued-' || i`, status: `'queued'` });
      const cost = await costOf(async () => {
        await fillSlots(ctx);
        await ctx.settled();
      });
      expect(cost.statements).toBeLessThan(1000);
      expect(ctx.downloader.commands.length).toBeGreaterThanOrEqual(40);
      expect(ctx.downloader.commands.length).toBeLessThan(80);
      expect(ctx.rings).toContain(0);
    },
  );
});

describe('the slots of a fleet', () => {
  it('share the jobs evenly', async () => {
    const ctx = makeFleet(4);
    const workspaceId = await makeWorkspace(ctx);
    for (let job = 0; job < 8; job++) await makeJob(ctx, { workspaceId });
    await fillSlots(ctx);
    const slots = ctx.downloader.commands.map(({ slot }) => slot);
    expect(slots.toSorted()).toEqual([0, 0, 1, 1, 2, 2, 3, 3].map((slot) => `slot-${slot}`));
  });

  it('note when a job was claimed and accepted, also when the clock moves during the claim', async () => {
    const ctx = makeFleet(2);
    const { now } = ctx;
    let reads = 0;
    ctx.now = () => now() + reads++;
    await makeJob(ctx, { runAfter: 0 });
    await fillSlots(ctx);
    const [row] = await ctx.db.select().from(jobs);
    expect(row?.acceptedAt).toBeGreaterThan(row?.claimedAt ?? Infinity);
  });

  it('whose downloader is of an earlier version come last', async () => {
    const ctx = makeFleet(2);
    const job = await makeJob(ctx, { kind: 'metadata' });
    const dispatch = ctx.downloader.dispatch.bind(ctx.downloader);
    ctx.downloader.dispatch = async (slot, command) =>
      slot === 'slot-0' ? 'unsupported' : dispatch(slot, command);
    await fillSlots(ctx);
    expect(ctx.downloader.commands).toEqual([]);
    ctx.clock.advance(60_000);
    await fillSlots(ctx);
    expect(ctx.downloader.commands).toMatchObject([{ jobId: job.id, slot: 'slot-1' }]);
  });

  it('get no more jobs than their downloader has reported to run at once', async () => {
    const ctx = makeFleet(1);
    const workspaceId = await makeWorkspace(ctx);
    for (let job = 0; job < 4; job++) await makeJob(ctx, { workspaceId });
    await env.DB.prepare(
      `INSERT INTO slots (slot, capacity, versions, last_seen_at) VALUES ('slot-0', 2, '{}', 0)`,
    ).run();
    await fillSlots(ctx);
    expect(ctx.downloader.commands).toHaveLength(2);
  });

  it('take a job that runs alone when they are reserved for it and empty, and nothing else meanwhile', async () => {
    const ctx = makeFleet(2);
    const workspaceId = await makeWorkspace(ctx);
    const running = await makeJob(ctx, { workspaceId, status: 'processing', slot: 'slot-1' });
    const alone = await makeJob(ctx, { runAfter: NEVER, aloneAfter: ctx.now(), crashes: 2 });
    const until = ctx.now() + 60_000;
    await ctx.db
      .insert(slotReservations)
      .values({ slot: 'slot-1', jobId: alone.id, since: ctx.now(), until });
    for (let job = 0; job < 6; job++) await makeJob(ctx, { workspaceId });
    await fillSlots(ctx);
    expect(new Set(ctx.downloader.commands.map(({ slot }) => slot))).toEqual(new Set(['slot-0']));
    await endAttempt(ctx, {
      job: running,
      loss: { outcome: 'failed', failure: { code: 'source_not_found' } },
    });
    await fillSlots(ctx);
    expect(ctx.downloader.commands.at(-1)).toMatchObject({ slot: 'slot-1', jobId: alone.id });
    await fillSlots(ctx);
    expect(ctx.downloader.commands.filter(({ slot }) => slot === 'slot-1')).toHaveLength(1);
  });

  it('that a wrong row calls full get jobs again after the next sweep', async () => {
    const ctx = makeFleet(1);
    await fillSlots(ctx);
    await ctx.db.update(slotRooms).set({ hasRoom: false, hasExtra: false });
    await makeJob(ctx);
    await fillSlots(ctx);
    expect(ctx.downloader.commands).toEqual([]);
    await openRooms(ctx);
    await fillSlots(ctx);
    expect(ctx.downloader.commands).toHaveLength(1);
  });
});
