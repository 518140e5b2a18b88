import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ctx } from '../../../../worker/context.ts';
import { fleetSlots, memberSlot } from '../../../../worker/contract/downloader/slot-names.ts';
import { fleetMembers } from '../../../../worker/db/tables/fleet.ts';
import { slotPauses } from '../../../../worker/db/tables/slots.ts';
import { attempts, jobs } from '../../../../worker/db/tables/jobs.ts';
import { fillSlots } from '../../../../worker/jobs/fill-slots.ts';
import { heartbeat } from '../../../../worker/jobs/heartbeat.ts';
import { findSilence } from '../../../../worker/jobs/find-silence.ts';
import { pauseSlot } from '../../../../worker/jobs/slot-pauses.ts';
import { sweep } from '../../../../worker/jobs/sweep.ts';
import { beatOf, makeClaimed } from '../../support/claimed.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { fakeDownloader } from '../../support/fake-downloader.ts';
import { makeApi } from '../../support/make-api.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import { makeJob } from '../../support/rows.ts';

beforeEach(emptyTables);

const ready = () => fakeDownloader().health('slot-0');

/** Every request to the downloader ends with a time-out. */
function hang(ctx: TestCtx): { asked: () => number } {
  let asked = 0;
  ctx.downloader.outcome = 'unknown';
  ctx.downloader.health = () => {
    asked += 1;
    return Promise.reject(new DOMException('no answer', 'TimeoutError'));
  };
  return { asked: () => asked };
}

function recover(ctx: TestCtx): void {
  ctx.downloader.outcome = 'accepted';
  ctx.downloader.health = ready;
}

/** What the cron trigger and the doorbell do in so many minutes. */
async function runMinutes(ctx: TestCtx, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await sweep(ctx);
    for (let second = 0; second < 60; second += 15) {
      await fillSlots(ctx);
      ctx.clock.advance(15_000);
    }
  }
}

const readJob = async (ctx: Ctx, id: string) => (await ctx.db.select().from(jobs).where(eq(jobs.id, id)))[0]!;

describe('a downloader that never answers', () => {
  it('costs a waiting job one attempt, however long it takes', async () => {
    const ctx = makeCtx();
    const job = await makeJob(ctx);
    hang(ctx);
    await runMinutes(ctx, 10);
    expect(await ctx.db.select().from(attempts)).toEqual([
      expect.objectContaining({ attempt: 1, outcome: 'undelivered' }),
    ]);
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'queued', attempt: 1, failures: 0 });
    recover(ctx);
    await runMinutes(ctx, 2);
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'processing', attempt: 2 });
    expect(await ctx.db.select().from(slotPauses)).toEqual([]);
  }, 30_000);

  it('is asked again after 4 s, then after pauses that double up to a minute', async () => {
    const ctx = makeCtx();
    await makeJob(ctx);
    const downloader = hang(ctx);
    ctx.downloader.outcome = 'unreachable';
    const waits: number[] = [];
    for (let tries = 0; tries < 7; tries++) {
      const [pause] = await ctx.db.select().from(slotPauses);
      ctx.clock.advance(Math.max(0, (pause?.pausedUntil ?? 0) - ctx.now() - 1));
      await fillSlots(ctx);
      expect(downloader.asked()).toBe(Math.max(0, tries - 1));
      ctx.clock.advance(1);
      await fillSlots(ctx);
      const [longer] = await ctx.db.select().from(slotPauses);
      waits.push((longer!.pausedUntil - ctx.now()) / 1000);
    }
    expect(waits.slice(1)).toEqual([8, 16, 32, 60, 60, 60]);
    expect(ctx.rings).toEqual([5, 9, 17, 33, 61, 61, 61]);
  });

  it('is left alone by every isolate, and asked by one at a time', async () => {
    const ctx = makeCtx();
    await makeJob(ctx);
    hang(ctx);
    ctx.downloader.outcome = 'unreachable';
    await fillSlots(ctx);
    const other = makeCtx({ now: ctx.clock.now });
    const { asked } = hang(other);
    await fillSlots(other);
    expect(other.downloader.commands).toEqual([]);
    expect(asked()).toBe(0);
    ctx.clock.advance(4_000);
    await Promise.all([fillSlots(other), fillSlots(other), fillSlots(other)]);
    expect(asked()).toBe(1);
  });

  it('is not asked while no job is due, so that its container can stop', async () => {
    const ctx = makeCtx();
    const job = await makeJob(ctx);
    const { asked } = hang(ctx);
    ctx.downloader.outcome = 'unreachable';
    await fillSlots(ctx);
    await ctx.db
      .update(jobs)
      .set({ runAfter: ctx.now() + 3600_000 })
      .where(eq(jobs.id, job.id));
    await runMinutes(ctx, 3);
    expect(asked()).toBe(0);
  });

  it('does not keep jobs from a slot that answers', async () => {
    const ctx = makeCtx();
    ctx.config = { ...ctx.config, DOWNLOADER_SLOTS: 2 };
    const job = await makeJob(ctx);
    ctx.downloader.dispatch = (slot) =>
      Promise.resolve(slot === 'slot-0' ? ('unreachable' as const) : ('accepted' as const));
    await runMinutes(ctx, 1);
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'processing', slot: 'slot-1' });
  });
});

it.each([
  ['full', { jobs: Array.from({ length: 4 }, (_, attempt) => ({ jobId: 'another', attempt })) }],
  ['shutting down', { draining: true }],
])('claims nothing for a downloader that is %s, and does not call it silent', async (_name, answer) => {
  const { ctx, call } = await makeApi();
  const job = await makeJob(ctx);
  ctx.downloader.outcome = 'unreachable';
  ctx.downloader.health = async () => ({ ...(await ready()), ...answer });
  await runMinutes(ctx, 2);
  expect(await readJob(ctx, job.id)).toMatchObject({ status: 'queued', attempt: 1 });
  expect(await (await call('GET', '/health')).json()).toMatchObject({ noDownloaderSince: null });
});

describe('while no downloader answers', () => {
  it('the status of a waiting import, GET /health and the log say so and since when', async () => {
    const { ctx, call, workspaceId } = await makeApi();
    const since = new Date(ctx.now()).toISOString();
    const job = await makeJob(ctx, { workspaceId });
    const statusOf = async () => (await call('GET', `/import/status?id=${job.id}`)).json();
    const downloader = hang(ctx);
    ctx.downloader.outcome = 'unreachable';
    await runMinutes(ctx, 1);
    expect(downloader.asked()).toBeGreaterThan(0);
    expect(await statusOf()).toMatchObject({
      data: {
        status: 'queued',
        message: `No downloader has answered since ${since}. The import starts when one answers.`,
        noDownloaderSince: since,
      },
    });
    expect(await (await call('GET', '/health')).json()).toMatchObject({ ok: true, noDownloaderSince: since });
    expect(ctx.lines).toContainEqual({
      level: 'error',
      event: 'slot.silent',
      facts: { slot: 'slot-0', since, tries: 2 },
    });
    recover(ctx);
    await runMinutes(ctx, 2);
    expect(await statusOf()).toMatchObject({ data: { status: 'processing' } });
    expect(await (await call('GET', '/health')).json()).toMatchObject({ noDownloaderSince: null });
    expect(ctx.lines).toContainEqual(expect.objectContaining({ level: 'info', event: 'slot.resumed' }));
  });

  it('GET /health reports nothing when no job waits', async () => {
    const { ctx, call } = await makeApi();
    const job = await makeJob(ctx);
    hang(ctx);
    await runMinutes(ctx, 2);
    await ctx.db.delete(attempts).where(eq(attempts.jobId, job.id));
    await ctx.db.delete(jobs).where(eq(jobs.id, job.id));
    expect(await (await call('GET', '/health')).json()).toMatchObject({ noDownloaderSince: null });
  });
});

it('is found in a fleet of more slots than one statement of D1 takes values', async () => {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, DOWNLOADER_SLOTS: 120 };
  expect(await findSilence(ctx, { pages: false })).toBeNull();
  for (const slot of fleetSlots(ctx.config)) await pauseSlot(ctx, { slot, isSilent: true });
  expect(await findSilence(ctx, { pages: false })).toBe(ctx.now());
  await pauseSlot(ctx, { slot: 'slot-120', isSilent: true });
  ctx.config = { ...ctx.config, DOWNLOADER_SLOTS: 122 };
  expect(await findSilence(ctx, { pages: false })).toBeNull();
});

describe('a fleet whose slots are silent', () => {
  async function makeSilent() {
    const ctx = makeCtx();
    await pauseSlot(ctx, { slot: 'slot-0', isSilent: true });
    return { ctx, since: ctx.now() };
  }

  it('is not silent while a downloader that fetches its jobs asks for some', async () => {
    const { ctx, since } = await makeSilent();
    const member = { id: 'member', name: 'rack-1', tokenHash: 'hash', createdAt: 0, lastSeenAt: ctx.now() };
    await ctx.db.insert(fleetMembers).values(member);
    expect(await findSilence(ctx, { pages: false })).toBeNull();
    ctx.clock.advance(5 * 60_000);
    expect(await findSilence(ctx, { pages: false })).toBe(since);
  });

  it('is not silent while a downloader that fetches its jobs reports some, and has no room to ask for more', async () => {
    const { ctx, since } = await makeSilent();
    const member = { id: 'member', name: 'rack-1', tokenHash: 'hash', createdAt: 0, lastSeenAt: 0 };
    await ctx.db.insert(fleetMembers).values(member);
    const { job, token } = await makeClaimed(ctx, { slot: memberSlot('rack-1') });
    await heartbeat(ctx, { ...beatOf([token]), slot: memberSlot('rack-1') });
    expect(job.slot).toBe('pull-rack-1');
    expect(await findSilence(ctx, { pages: false })).toBeNull();
    ctx.clock.advance(5 * 60_000);
    expect(await findSilence(ctx, { pages: false })).toBe(since);
  });
});
