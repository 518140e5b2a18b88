import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import type { Ctx } from '../../../worker/context.ts';
import { placements } from '../../../worker/db/tables/artifacts.ts';
import { attempts, jobs } from '../../../worker/db/tables/jobs.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { heartbeat } from '../../../worker/jobs/heartbeat.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { beatOf, makeClaimed } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeJob, makePlacement, makeWorkspace } from '../support/rows.ts';

beforeEach(emptyTables);

const readJob = async (ctx: Ctx, id: string) =>
  (await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) }))!;

it('keeps an attempt until its lease ends, then counts a lost downloader as a failure', async () => {
  const ctx = makeCtx();
  const { job, ref } = await makeClaimed(ctx);
  await makePlacement(ctx, job, { status: 'completing' });
  ctx.clock.advance(59_999);
  await sweep(ctx);
  expect(await readJob(ctx, job.id)).toEqual(job);
  ctx.clock.advance(1);
  await sweep(ctx);
  expect(await readJob(ctx, job.id)).toMatchObject({
    status: 'queued',
    failures: 1,
    errorCode: 'downloader_lost',
    runAfter: ctx.now() + 750,
  });
  expect(await ctx.db.select().from(attempts)).toEqual([expect.objectContaining({ outcome: 'expired' })]);
  expect(await ctx.db.select().from(placements)).toEqual([expect.objectContaining({ status: 'aborted' })]);
  expect(await completeJob(ctx, { ref, report: { warnings: [] } })).toEqual({ directive: 'stale' });
});

it('fails a job when lost downloaders have used up its failures', async () => {
  const ctx = makeCtx();
  const { job } = await makeClaimed(ctx, { failures: ctx.config.MAX_FAILURES - 1 });
  ctx.clock.advance(60_000);
  await sweep(ctx);
  expect(await readJob(ctx, job.id)).toMatchObject({ status: 'failed', errorCode: 'downloader_lost' });
});

it('removes the leftovers of an attempt that ran although its delivery was not confirmed', async () => {
  const ctx = makeCtx();
  const { job } = await makeClaimed(ctx);
  await ctx.db.update(jobs).set({ acceptedAt: null });
  await makePlacement(ctx, job, { status: 'open' });
  ctx.clock.advance(60_000);
  await sweep(ctx);
  expect(await readJob(ctx, job.id)).toMatchObject({ status: 'queued' });
  expect(await ctx.db.select().from(placements)).toEqual([expect.objectContaining({ status: 'aborted' })]);
});

it('requeues an attempt that is not known to have run, without a failure', async () => {
  const ctx = makeCtx();
  const { job } = await makeClaimed(ctx);
  await ctx.db.update(jobs).set({ acceptedAt: null });
  ctx.clock.advance(60_000);
  await sweep(ctx);
  expect(await readJob(ctx, job.id)).toMatchObject({
    status: 'queued',
    failures: 0,
    runAfter: ctx.now() + 10_000,
    errorCode: null,
  });
  expect(await ctx.db.select().from(attempts)).toEqual([expect.objectContaining({ outcome: 'undelivered' })]);
  expect(ctx.rings).toEqual([10]);
});

it('cancels a job whose downloader never answered the request', async () => {
  const ctx = makeCtx();
  const { job } = await makeClaimed(ctx);
  await cancelJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
  ctx.clock.advance(60_000);
  await sweep(ctx);
  expect(await readJob(ctx, job.id)).toMatchObject({ status: 'canceled' });
});

it('does not touch a lease that a heartbeat renewed', async () => {
  const ctx = makeCtx();
  const { job, token } = await makeClaimed(ctx);
  ctx.clock.advance(60_000);
  await heartbeat(ctx, beatOf([token]));
  await sweep(ctx);
  expect(await readJob(ctx, job.id)).toMatchObject({ status: 'processing', attempt: 1 });
});

it('rings only for work that is due', async () => {
  const ctx = makeCtx();
  await sweep(ctx);
  const workspaceId = await makeWorkspace(ctx, { maxConcurrent: 1 });
  await makeJob(ctx, { workspaceId, runAfter: ctx.now() + 10 });
  await sweep(ctx);
  expect(ctx.rings).toEqual([]);
  ctx.clock.advance(10);
  await sweep(ctx);
  expect(ctx.rings).toEqual([0]);
  await makeClaimed(ctx, { workspaceId });
  await sweep(ctx);
  expect(ctx.rings).toEqual([0]);
});
