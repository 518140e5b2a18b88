import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ctx } from '../../../worker/context.ts';
import type { JobRow } from '../../../worker/db/rows.ts';
import { fleetMembers } from '../../../worker/db/tables/fleet.ts';
import { attempts, jobs } from '../../../worker/db/tables/jobs.ts';
import { slotPauses, slotReservations } from '../../../worker/db/tables/slots.ts';
import type { Code } from '../../../worker/contract/codes.ts';
import { NEVER } from '../../../worker/jobs/alone/crashes.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { dispatchJob, makeCommand } from '../../../worker/jobs/dispatch-job.ts';
import { endAttemptsOfSlot } from '../../../worker/jobs/end/end-attempts-of-slot.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { makeClaimed, refOf } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob, makePlacement, makeWorkspace } from '../support/rows.ts';

beforeEach(emptyTables);

const MINUTE = 60_000;

/** A context with these slots of two places each. */
function makeFleet(slots: number): TestCtx {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, DOWNLOADER_SLOTS: slots, JOBS_PER_SLOT: 2 };
  return ctx;
}

async function read(ctx: Ctx, { id }: JobRow): Promise<JobRow> {
  return (await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) }))!;
}

/** A queued job that has crashed twice and is due now. */
function makeAlone(ctx: Ctx, values: Parameters<typeof makeJob>[1] = {}): Promise<JobRow> {
  const twice = { attempt: 2, failures: 2, crashes: 2, runAfter: NEVER, aloneAfter: ctx.now() };
  return makeJob(ctx, { ...twice, ...values });
}

/** Claims for the slot until there is nothing for it. Returns the IDs of the jobs. */
async function fill(ctx: Ctx, slot = 'slot-0'): Promise<string[]> {
  const ids: string[] = [];
  for (let job = await claimNext(ctx, { slot }); job; job = await claimNext(ctx, { slot })) ids.push(job.id);
  return ids;
}

async function end(ctx: Ctx, { id }: { id: string }): Promise<void> {
  const job = (await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) }))!;
  await makePlacement(ctx, job);
  await completeJob(ctx, { ref: refOf(job), report: { warnings: [] } });
}

const fail = (ctx: Ctx, job: JobRow, code: Code) =>
  failJob(ctx, { ref: refOf(job), report: { failure: { code }, source: null } });

/** Ways in which a crash of the attempt becomes known. */
const CRASHES: Record<string, (ctx: TestCtx, job: JobRow) => Promise<unknown>> = {
  'its lease expires': async (ctx) => {
    ctx.clock.advance(MINUTE);
    await sweep(ctx);
  },
  'its container ends': (ctx) => endAttemptsOfSlot(ctx, { slot: 'slot-0', stoppedAt: ctx.now() }),
  'memory runs out': (ctx, job) => fail(ctx, job, 'downloader_out_of_memory'),
};

describe.each(Object.entries(CRASHES))('an attempt crashes when %s', (_, crash) => {
  it('twice beside others, and from then on its job runs alone', async () => {
    const ctx = makeFleet(1);
    const { job: first } = await makeClaimed(ctx);
    await crash(ctx, first);
    expect(await read(ctx, first)).toMatchObject({ status: 'queued', crashes: 1, aloneAfter: null });
    ctx.clock.advance(MINUTE);
    const second = (await claimNext(ctx, { slot: 'slot-0' }))!;
    await ctx.db.update(jobs).set({ acceptedAt: ctx.now() });
    await crash(ctx, second);
    const third = await read(ctx, first);
    expect(third).toMatchObject({ status: 'queued', crashes: 2, failures: 2, runAfter: NEVER });
    expect(third.aloneAfter).toBeGreaterThan(ctx.now());
    ctx.clock.advance(MINUTE);
    expect(await fill(ctx)).toEqual([]);
    await sweep(ctx);
    expect(await fill(ctx)).toEqual([first.id]);
  });

  it('alone, and its job ends with a failure that names the source', async () => {
    const ctx = makeFleet(1);
    const { job } = await makeClaimed(ctx, {
      crashes: 2,
      failures: 2,
      runAfter: NEVER,
      aloneAfter: ctx.now(),
    });
    await crash(ctx, job);
    expect(await read(ctx, job)).toMatchObject({
      status: 'failed',
      errorCode: 'source_crashes_downloader',
      crashes: 3,
    });
    expect((await ctx.db.select().from(attempts))[0]).toMatchObject({
      errorCode: 'source_crashes_downloader',
    });
  });
});

it('a job is not isolated by failures of another kind, nor by attempts that cost nothing', async () => {
  const ctx = makeFleet(1);
  const { job } = await makeClaimed(ctx, { crashes: 1 });
  await fail(ctx, job, 'downloader_draining');
  ctx.clock.advance(MINUTE);
  await fail(ctx, (await claimNext(ctx, { slot: 'slot-0' }))!, 'source_unavailable');
  ctx.clock.advance(MINUTE);
  await claimNext(ctx, { slot: 'slot-0' });
  ctx.clock.advance(MINUTE);
  await sweep(ctx);
  expect(await read(ctx, job)).toMatchObject({ status: 'queued', crashes: 1, aloneAfter: null });
});

describe('a job that runs alone', () => {
  it('waits until the slot with the fewest running jobs is empty; other slots go on', async () => {
    const ctx = makeFleet(2);
    await makeJob(ctx, { status: 'processing', slot: 'slot-0' });
    const last = await makeJob(ctx, { status: 'processing', slot: 'slot-1' });
    await makeJob(ctx, { status: 'processing', slot: 'slot-0' });
    const alone = await makeAlone(ctx);
    const other = await makeJob(ctx);
    await sweep(ctx);
    const reserved = ctx.lines.find(({ event }) => event === 'slot.reserved');
    expect(reserved?.facts).toMatchObject({ slot: 'slot-1', jobId: alone.id });
    expect(await fill(ctx, 'slot-1')).toEqual([]);
    await end(ctx, last);
    expect(await fill(ctx, 'slot-1')).toEqual([alone.id]);
    ctx.config = { ...ctx.config, JOBS_PER_SLOT: 3 };
    expect(await fill(ctx, 'slot-0')).toEqual([other.id]);
  });

  it('has the slot for itself until it ends, also after it has failed', async () => {
    const ctx = makeFleet(1);
    const alone = await makeAlone(ctx);
    await makeJob(ctx);
    await sweep(ctx);
    expect(await fill(ctx)).toEqual([alone.id]);
    await sweep(ctx);
    expect(await fill(ctx)).toEqual([]);
    await fail(ctx, await read(ctx, alone), 'source_unavailable');
    expect(await fill(ctx)).toHaveLength(1);
    expect(await read(ctx, alone)).toMatchObject({
      status: 'queued',
      runAfter: NEVER,
      failures: 3,
      crashes: 2,
    });
  });

  it('keeps its place when it is handed back', async () => {
    const ctx = makeFleet(1);
    const alone = await makeAlone(ctx);
    await sweep(ctx);
    await fill(ctx);
    await fail(ctx, await read(ctx, alone), 'downloader_draining');
    expect(await read(ctx, alone)).toMatchObject({
      status: 'queued',
      aloneAfter: alone.aloneAfter,
      failures: 2,
    });
    expect(await fill(ctx)).toEqual([alone.id]);
  });

  it('keeps its place when a downloader of an earlier version cannot run it', async () => {
    const ctx = makeFleet(1);
    const alone = { crashes: 2, failures: 2, runAfter: NEVER, aloneAfter: ctx.now() };
    const { job } = await makeClaimed(ctx, alone);
    ctx.downloader.outcome = 'unsupported';
    await dispatchJob(ctx, { slot: 'slot-0', job });
    const delayed = { ...alone, status: 'queued', aloneAfter: ctx.now() + MINUTE };
    expect(await read(ctx, job)).toMatchObject(delayed);
  });

  it('does not exceed the limit of its workspace', async () => {
    const ctx = makeFleet(2);
    const workspaceId = await makeWorkspace(ctx, { maxConcurrent: 1 });
    const alone = await makeAlone(ctx, { workspaceId });
    await sweep(ctx);
    const running = await makeJob(ctx, { workspaceId, status: 'processing', slot: 'slot-1' });
    expect(await fill(ctx)).toEqual([]);
    await end(ctx, running);
    expect(await fill(ctx)).toEqual([alone.id]);
  });

  it('gets its slot before the second one of a workspace that has many', async () => {
    const ctx = makeFleet(8);
    const workspaceId = await makeWorkspace(ctx);
    for (let job = 0; job < 20; job++) await makeAlone(ctx, { workspaceId, aloneAfter: ctx.now() - 1 });
    const other = await makeAlone(ctx);
    await sweep(ctx);
    const reserved = await ctx.db.select().from(slotReservations);
    expect(reserved).toHaveLength(2);
    expect(reserved.map(({ jobId }) => jobId)).toContain(other.id);
  });

  it('is canceled like any other, and its slot serves others', async () => {
    const ctx = makeFleet(1);
    const alone = await makeAlone(ctx);
    const other = await makeJob(ctx);
    await sweep(ctx);
    await ctx.db.update(jobs).set({ status: 'canceled' }).where(eq(jobs.id, alone.id));
    expect(await fill(ctx)).toEqual([other.id]);
  });

  it('has an hour', async () => {
    const ctx = makeFleet(1);
    const { job } = await makeClaimed(ctx, { runAfter: NEVER, aloneAfter: ctx.now() });
    const { limits } = await makeCommand(ctx, { slot: 'slot-0', job });
    expect(limits.timeoutSeconds).toBe(3600);
  });
});

describe('a reservation', () => {
  it('ends after five minutes, and then the slot serves others for three times as long', async () => {
    const ctx = makeFleet(1);
    const long = await makeJob(ctx, { status: 'processing', leaseUntil: ctx.now() + 1000 * MINUTE });
    const alone = await makeAlone(ctx);
    const other = await makeJob(ctx);
    await sweep(ctx);
    ctx.clock.advance(4 * MINUTE);
    expect(await fill(ctx)).toEqual([]);
    ctx.clock.advance(MINUTE);
    expect(await fill(ctx)).toEqual([other.id]);
    await sweep(ctx);
    await end(ctx, other);
    await end(ctx, long);
    // The slot is idle now, but it rests as long as others wait.
    const next = [await makeJob(ctx), await makeJob(ctx)];
    ctx.clock.advance(14 * MINUTE);
    await sweep(ctx);
    expect(await fill(ctx)).toEqual(next.map(({ id }) => id));
    await makeJob(ctx);
    for (const job of next) await end(ctx, job);
    ctx.clock.advance(MINUTE);
    await sweep(ctx);
    expect(await fill(ctx)).toEqual([alone.id]);
  });

  it('lasts longer the longer the job has waited, so that it outlasts every running job in the end', async () => {
    const ctx = makeFleet(1);
    await makeAlone(ctx, { aloneAfter: ctx.now() - 24 * 60 * MINUTE });
    await sweep(ctx);
    const [row] = await ctx.db.select().from(slotReservations);
    expect(row!.until - ctx.now()).toBe(6 * 60 * MINUTE);
  });

  it('does not wait for its rest while nobody else waits', async () => {
    const ctx = makeFleet(1);
    const [first, second] = [await makeAlone(ctx), await makeAlone(ctx, { aloneAfter: ctx.now() + 1 })];
    ctx.clock.advance(1);
    await sweep(ctx);
    expect(await fill(ctx)).toEqual([first.id]);
    await end(ctx, first);
    await sweep(ctx);
    expect(await fill(ctx)).toEqual([second.id]);
  });

  it('takes a quarter of the fleet at most, and never a slot that is paused', async () => {
    const ctx = makeFleet(8);
    for (let i = 0; i < 4; i++) await makeAlone(ctx);
    await ctx.db
      .insert(slotPauses)
      .values({ slot: 'slot-0', since: 0, tries: 1, pausedUntil: ctx.now() + MINUTE, isSilent: true });
    await sweep(ctx);
    await sweep(ctx);
    const rows = await ctx.db.select().from(slotReservations);
    expect(rows.map(({ slot }) => slot)).toEqual(['slot-1', 'slot-2']);
    expect(new Set(rows.map(({ jobId }) => jobId)).size).toBe(2);
  });

  it('is made for a downloader that fetches its jobs, while it works', async () => {
    const ctx = makeFleet(0);
    const alone = await makeAlone(ctx);
    const member = (name: string, values: Partial<typeof fleetMembers.$inferInsert>) =>
      ctx.db.insert(fleetMembers).values({ id: name, name, tokenHash: name, createdAt: 0, ...values });
    await member('gone', { lastSeenAt: ctx.now() - 10 * MINUTE });
    await member('revoked', { lastSeenAt: ctx.now(), revokedAt: ctx.now() });
    await sweep(ctx);
    expect(await ctx.db.select().from(slotReservations)).toEqual([]);
    await member('works', { lastSeenAt: ctx.now() });
    await sweep(ctx);
    expect(await fill(ctx, 'pull-gone')).toEqual([]);
    expect(await fill(ctx, 'pull-works')).toEqual([alone.id]);
  });

  it('costs a sweep two statements while no job runs alone', async () => {
    const { db, costOf } = meteredDb();
    const ctx = makeCtx({ db });
    const without = await costOf(() => sweep(ctx));
    expect(without.rowsWritten).toBe(0);
    expect(without.rowsRead).toBeLessThan(50);
  });
});
