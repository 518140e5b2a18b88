import { beforeEach, expect, it } from 'vitest';
import { eq } from 'drizzle-orm';
import { mintAttemptToken } from '../../../worker/attempts/attempt-token.ts';
import type { Ctx } from '../../../worker/context.ts';
import { attempts, jobs } from '../../../worker/db/tables/jobs.ts';
import { slots } from '../../../worker/db/tables/slots.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { heartbeat } from '../../../worker/jobs/heartbeat.ts';
import { beatOf, makeClaimed } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';

beforeEach(emptyTables);

const readJob = async (ctx: Ctx, id: string) =>
  (await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) }))!;
const readAttempt = async (ctx: Ctx, id: string) =>
  (await ctx.db.query.attempts.findFirst({ where: eq(attempts.jobId, id) }))!;

it('renews the leases of live attempts and stores their progress, each by its own report', async () => {
  const ctx = makeCtx();
  const one = await makeClaimed(ctx);
  const two = await makeClaimed(ctx);
  ctx.clock.advance(10_000);
  const beat = beatOf([one.token, two.token]);
  beat.jobs[1]!.bytesDone = 20;
  beat.jobs[1]!.bytesTotal = null;
  expect(await heartbeat(ctx, beat)).toEqual({ directives: ['continue', 'continue'], nextReportSeconds: 2 });
  const leaseUntil = ctx.now() + 60_000;
  expect(await readJob(ctx, one.job.id)).toMatchObject({
    leaseUntil,
    stage: 'downloading',
    bytesDone: 10,
    bytesTotal: 100,
  });
  expect(await readJob(ctx, two.job.id)).toMatchObject({ leaseUntil, bytesDone: 20, bytesTotal: null });
});

it('records when the attempt and each of its stages was first reported', async () => {
  const ctx = makeCtx();
  const { job, token } = await makeClaimed(ctx);
  await ctx.db.update(attempts).set({ acceptedAt: null });
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
    },
  ]);
});
