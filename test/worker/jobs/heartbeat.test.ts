import { beforeEach, describe, expect, it } from 'vitest';
import { eq } from 'drizzle-orm';
import { mintAttemptToken } from '../../../worker/attempts/attempt-token.ts';
import type { Ctx } from '../../../worker/context.ts';
import { artifacts } from '../../../worker/db/tables/artifacts.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { slots } from '../../../worker/db/tables/slots.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { getJob } from '../../../worker/jobs/details/get-job.ts';
import { heartbeat } from '../../../worker/jobs/heartbeat.ts';
import { listAttempts } from '../../../worker/jobs/imports/list-attempts.ts';
import { beatOf, makeClaimed } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makePlacement } from '../support/rows.ts';

beforeEach(emptyTables);

const readJob = async (ctx: Ctx, id: string) =>
  (await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) }))!;
const readAttempt = async (ctx: Ctx, id: string) => (await listAttempts(ctx, id))[0]!;

it('stores the progress of live attempts, each by its own report, and renews a lease of which less than half is left', async () => {
  const ctx = makeCtx();
  const one = await makeClaimed(ctx);
  const two = await makeClaimed(ctx, { leaseUntil: ctx.now() + 39_999 });
  ctx.clock.advance(10_000);
  const beat = beatOf([one.token, two.token]);
  beat.jobs[1]!.bytesDone = 20;
  beat.jobs[1]!.bytesTotal = null;
  expect(await heartbeat(ctx, beat)).toEqual({ directives: ['continue', 'continue'], nextReportSeconds: 2 });
  expect(await readJob(ctx, one.job.id)).toMatchObject({
    leaseUntil: one.job.leaseUntil,
    stage: 'downloading',
    bytesDone: 10,
    bytesTotal: 100,
  });
  const leaseUntil = ctx.now() + 60_000;
  expect(await readJob(ctx, two.job.id)).toMatchObject({ leaseUntil, bytesDone: 20, bytesTotal: null });
});

describe('the cost of a heartbeat', () => {
  /** Reports a running job every two seconds, with new counters, and gives the costs of the reports. */
  async function report(
    ctx: TestCtx,
    costOf: Meter,
    seconds: number,
    onBeat?: (ctx: TestCtx) => Promise<void>,
  ) {
    const { job, token } = await makeClaimed(ctx, {
      stage: 'downloading',
      progressAt: ctx.now(),
      startedAt: ctx.now() - 5000,
    });
    await heartbeat(ctx, beatOf([token]));
    const seen: number[] = [];
    const cost = await costOf(async () => {
      for (let at = 2; at <= seconds; at += 2) {
        ctx.clock.advance(2_000);
        const beat = beatOf([token]);
        beat.jobs[0]!.bytesDone = 10 + at;
        await heartbeat(ctx, beat);
        await onBeat?.(ctx);
        await ctx.settled();
        seen.push((await readJob(makeCtx(), job.id)).bytesDone);
      }
    });
    return { cost, job, stored: new Set(seen).size };
  }
  type Meter = ReturnType<typeof meteredDb>['costOf'];

  it('is one call, and few rows while nobody reads the job: progress every 15 s, the lease twice and the slot once a minute', async () => {
    const { db, costOf } = meteredDb();
    const ctx = makeCtx({ db });
    const { cost, stored } = await report(ctx, costOf, 60);
    expect(cost.calls).toBe(30);
    // 16, 32 and 48 s after the claim, and nothing before.
    expect(stored).toBe(4);
    // A row of progress is one, a renewed lease also two of its index.
    expect(cost.rowsWritten).toBeLessThanOrEqual(12);
  });

  it('includes the progress of every report while somebody reads the status of the job', async () => {
    const { db, costOf } = meteredDb();
    const ctx = makeCtx({ db });
    const read = async () => {
      const [job] = await ctx.db.select().from(jobs);
      await getJob(ctx, { workspaceId: job!.workspaceId, jobId: job!.id });
    };
    const { stored, job } = await report(ctx, costOf, 60, read);
    expect(stored).toBeGreaterThanOrEqual(28);
    const marked = await readJob(ctx, job.id);
    expect(ctx.now() - marked.readAt!).toBeLessThan(10_000);
    const reads = await costOf(async () => {
      for (let poll = 0; poll < 50; poll++) await read();
      await ctx.settled();
    });
    expect(reads.rowsWritten).toBeLessThanOrEqual(1);
  });

  it('is nothing for the mark of a reader in the first seconds of a job', async () => {
    const ctx = makeCtx();
    const { job } = await makeClaimed(ctx, { startedAt: ctx.now() });
    await getJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
    await ctx.settled();
    expect((await readJob(ctx, job.id)).readAt).toBeNull();
  });
});

describe('a heartbeat of a process that has taken the place of another', () => {
  const process = (id: string, uptimeMs = 30_000) => ({ id: id.repeat(36), uptimeMs });

  it('ends the attempts that were accepted before its start, once', async () => {
    const ctx = makeCtx();
    const lost = await makeClaimed(ctx);
    await heartbeat(ctx, beatOf([lost.token]), process('a'));
    ctx.clock.advance(50_000);
    const own = await makeClaimed(ctx);
    const unreported = await makeClaimed(ctx);
    await heartbeat(ctx, beatOf([own.token]), process('b', 20_000));
    await ctx.settled();
    expect(await readJob(ctx, lost.job.id)).toMatchObject({ status: 'queued', errorCode: 'downloader_lost' });
    for (const { job } of [own, unreported])
      expect(await readJob(ctx, job.id)).toMatchObject({ status: 'processing' });
    const [slot] = await ctx.db.select().from(slots);
    expect(slot?.processId).toBe(process('b').id);
  });

  it('ends nothing for a slot in which none of its attempts runs, nor for an old process that reports late', async () => {
    const ctx = makeCtx();
    const { job, token } = await makeClaimed(ctx, { slot: 'slot-1' });
    const other = await makeClaimed(ctx);
    await heartbeat(ctx, { ...beatOf([other.token]), slot: 'slot-1' }, process('b', 0));
    await heartbeat(ctx, { ...beatOf([token]), slot: 'slot-1' }, process('a', 600_000));
    await ctx.settled();
    for (const id of [job.id, other.job.id])
      expect(await readJob(ctx, id)).toMatchObject({ status: 'processing' });
  });
});

it('records when the attempt and each of its stages was first reported', async () => {
  const ctx = makeCtx();
  const { job, token } = await makeClaimed(ctx);
  await ctx.db.update(jobs).set({ acceptedAt: null });
  const firstAt = ctx.now();
  await heartbeat(ctx, beatOf([token], 'resolving'));
  ctx.clock.advance(2000);
  await heartbeat(ctx, beatOf([token], 'resolving'));
  await heartbeat(ctx, beatOf([token], 'uploading'));
  expect(await readAttempt(ctx, job.id)).toMatchObject({
    acceptedAt: firstAt,
    resolvingAt: firstAt,
    downloadingAt: null,
    mergingAt: null,
    uploadingAt: firstAt + 2000,
    verifyingAt: null,
  });
});

it('notes how the attempt reads its source, once it has announced that with a file', async () => {
  const ctx = makeCtx();
  const { job, token } = await makeClaimed(ctx, { sourceWay: 'ytdlp', sourceReason: 'the attempt before' });
  await heartbeat(ctx, beatOf([token], 'resolving'));
  expect(await readJob(ctx, job.id)).toMatchObject({
    sourceWay: 'ytdlp',
    sourceReason: 'the attempt before',
  });
  await makePlacement(ctx, job, { status: 'open' });
  await ctx.db.update(artifacts).set({ sourceWay: 'direct', sourceReason: 'a media file' });
  await heartbeat(ctx, beatOf([token], 'uploading'));
  expect(await readJob(ctx, job.id)).toMatchObject({ sourceWay: 'direct', sourceReason: 'a media file' });
});

it('answers in the order of the report: forged, older and ended attempts are stale', async () => {
  const ctx = makeCtx();
  const live = await makeClaimed(ctx, { attempt: 3 });
  const older = await mintAttemptToken(ctx, { jobId: live.job.id, attempt: 2 });
  const ended = await makeClaimed(ctx);
  await ctx.db.update(jobs).set({ status: 'failed' }).where(eq(jobs.id, ended.job.id));
  const unknown = await mintAttemptToken(ctx, { jobId: ctx.newId(), attempt: 1 });
  const answer = await heartbeat(ctx, beatOf([older, 'forged', live.token, ended.token, unknown]));
  expect(answer.directives).toEqual(['stale', 'stale', 'continue', 'stale', 'stale']);
});

it('does not stop an attempt that has completed its job: it waits for the answer to its last call', async () => {
  const ctx = makeCtx();
  const { job, token } = await makeClaimed(ctx, { attempt: 2 });
  const older = await mintAttemptToken(ctx, { jobId: job.id, attempt: 1 });
  const completed = { status: 'completed', cancelRequestedAt: null, leaseUntil: null } as const;
  await ctx.db.update(jobs).set(completed).where(eq(jobs.id, job.id));
  expect((await heartbeat(ctx, beatOf([token, older]))).directives).toEqual(['continue', 'stale']);
  expect(await readJob(ctx, job.id)).toMatchObject({ ...completed, bytesDone: 0 });
});

it('answers cancel, and does not renew the lease of a job that is being canceled', async () => {
  const ctx = makeCtx();
  const { job, token } = await makeClaimed(ctx);
  await cancelJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
  ctx.clock.advance(10_000);
  expect((await heartbeat(ctx, beatOf([token]))).directives).toEqual(['cancel']);
  expect((await readJob(ctx, job.id)).leaseUntil).toBe(job.leaseUntil);
});

it('asks a full downloader for fewer reports', async () => {
  const ctx = makeCtx();
  const forged = (count: number) => heartbeat(ctx, beatOf(Array.from({ length: count }, () => 'forged')));
  expect((await forged(4)).nextReportSeconds).toBe(2);
  expect((await forged(16)).nextReportSeconds).toBe(8);
  expect((await forged(100)).nextReportSeconds).toBe(15);
});

it('stores facts about a slot only when an attempt that runs there reports them', async () => {
  const ctx = makeCtx();
  const { token } = await makeClaimed(ctx);
  await heartbeat(ctx, { ...beatOf([token]), slot: 'slot-7' });
  await heartbeat(ctx, beatOf(['forged']));
  expect(await ctx.db.select().from(slots)).toEqual([]);
  await heartbeat(ctx, beatOf([token]));
  ctx.clock.advance(5000);
  await heartbeat(ctx, { ...beatOf([token]), capacity: 8 });
  expect(await ctx.db.select().from(slots)).toEqual([
    {
      slot: 'slot-0',
      capacity: 8,
      versions: { downloader: '1.0.0', ytdlp: null, ffmpeg: '7.1' },
      lastSeenAt: ctx.now(),
      processId: null,
    },
  ]);
});
