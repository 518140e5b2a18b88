import { eq } from 'drizzle-orm';
import { beforeEach, expect, it, vi } from 'vitest';
import { readAttemptToken } from '../../../worker/attempts/attempt-token.ts';
import { Command } from '../../../worker/contract/downloader/command.ts';
import type { Ctx } from '../../../worker/context.ts';
import { attempts, jobs } from '../../../worker/db/tables/jobs.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { fillSlots } from '../../../worker/jobs/fill-slots.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';

beforeEach(emptyTables);

const statuses = async (ctx: Ctx) => (await ctx.db.select().from(jobs)).map(({ status }) => status).sort();

it('fills every slot of the fleet and leaves the rest queued', async () => {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, DOWNLOADER_SLOTS: 2, JOBS_PER_SLOT: 2 };
  const workspaceId = await makeWorkspace(ctx);
  for (let i = 0; i < 5; i++) await makeJob(ctx, { workspaceId });
  await fillSlots(ctx);
  await fillSlots(ctx);
  expect(ctx.downloader.commands.map(({ slot }) => slot).sort()).toEqual([
    'slot-0',
    'slot-0',
    'slot-1',
    'slot-1',
  ]);
  expect(await statuses(ctx)).toEqual(['processing', 'processing', 'processing', 'processing', 'queued']);
});

it('sends a command that matches the contract, with a token for this attempt only', async () => {
  const ctx = makeCtx();
  const job = await makeJob(ctx);
  await fillSlots(ctx);
  const command = Command.parse(ctx.downloader.commands[0]);
  expect(command).toMatchObject({
    jobId: job.id,
    attempt: 1,
    slot: 'slot-0',
    controlUrl: 'http://127.0.0.1:8787/internal',
    source: { url: job.request.url },
  });
  expect(await readAttemptToken(ctx, command.token)).toEqual({ jobId: job.id, attempt: 1 });
  expect(await ctx.db.select().from(jobs)).toEqual([expect.objectContaining({ acceptedAt: ctx.now() })]);
});

it('requeues an undelivered job unchanged, and pauses the slot for some seconds', async () => {
  const ctx = makeCtx();
  const job = await makeJob(ctx);
  ctx.downloader.outcome = 'unreachable';
  await fillSlots(ctx);
  await fillSlots(ctx);
  expect(ctx.downloader.commands).toHaveLength(1);
  expect(ctx.rings).toEqual([5]);
  const [row] = await ctx.db.select().from(jobs).where(eq(jobs.id, job.id));
  expect(row).toMatchObject({ status: 'queued', failures: 0, runAfter: job.runAfter, slot: null });
  expect(await ctx.db.select().from(attempts)).toEqual([expect.objectContaining({ outcome: 'undelivered' })]);
  ctx.clock.advance(5000);
  ctx.downloader.outcome = 'accepted';
  await fillSlots(ctx);
  expect(ctx.downloader.commands.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

it('keeps a job that a downloader of an earlier version cannot run, and gives the slot other jobs meanwhile', async () => {
  const ctx = makeCtx();
  const workspaceId = await makeWorkspace(ctx);
  const choosing = await makeJob(ctx, { workspaceId });
  const plain = await makeJob(ctx, { workspaceId, runAfter: choosing.runAfter + 1, createdAt: ctx.now() });
  ctx.clock.advance(10);
  const dispatch = ctx.downloader.dispatch.bind(ctx.downloader);
  ctx.downloader.dispatch = async (slot, command) =>
    command.jobId === choosing.id ? 'unsupported' : dispatch(slot, command);
  await fillSlots(ctx);
  expect(ctx.downloader.commands.map(({ jobId }) => jobId)).toEqual([plain.id]);
  const [row] = await ctx.db.select().from(jobs).where(eq(jobs.id, choosing.id));
  expect(row).toMatchObject({ status: 'queued', failures: 0, runAfter: ctx.now() + 60_000, slot: null });
  ctx.downloader.dispatch = dispatch;
  ctx.clock.advance(60_000);
  await fillSlots(ctx);
  expect(ctx.downloader.commands.map(({ jobId }) => jobId)).toEqual([plain.id, choosing.id]);
});

it('pauses a slot for some seconds when its downloader has handed a job back', async () => {
  const ctx = makeCtx();
  const job = await makeJob(ctx);
  await fillSlots(ctx);
  const report = { failure: { code: 'downloader_draining' as const }, source: null };
  await failJob(ctx, { ref: { jobId: job.id, attempt: 1 }, report });
  await fillSlots(ctx);
  expect(ctx.downloader.commands).toHaveLength(1);
  ctx.clock.advance(5000);
  await fillSlots(ctx);
  expect(ctx.downloader.commands.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

it('keeps a job until the end of its lease when the answer to its dispatch was lost', async () => {
  const ctx = makeCtx();
  await makeJob(ctx);
  ctx.downloader.outcome = 'unknown';
  await fillSlots(ctx);
  expect(await statuses(ctx)).toEqual(['processing']);
  expect(await ctx.db.select().from(jobs)).toEqual([expect.objectContaining({ acceptedAt: null })]);
  expect(await ctx.db.select().from(attempts)).toEqual([]);
  expect(ctx.rings).toEqual([5]);
});

it('cancels a job whose cancelation was requested during a failed dispatch', async () => {
  const ctx = makeCtx();
  const job = await makeJob(ctx);
  ctx.downloader.dispatch = async () => {
    await cancelJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
    return 'unreachable';
  };
  await fillSlots(ctx);
  expect(await statuses(ctx)).toEqual(['canceled']);
});

it('fills the other slots when one slot fails', async () => {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, DOWNLOADER_SLOTS: 2, JOBS_PER_SLOT: 1 };
  const workspaceId = await makeWorkspace(ctx);
  await makeJob(ctx, { workspaceId });
  await makeJob(ctx, { workspaceId });
  ctx.downloader.dispatch = async (slot) => {
    if (slot === 'slot-0') throw new Error('broken');
    return 'accepted';
  };
  await fillSlots(ctx);
  expect(await statuses(ctx)).toEqual(['processing', 'processing']);
  expect(ctx.lines.filter(({ level }) => level === 'error').map(({ event }) => event)).toEqual([
    'doorbell.slot_failed',
  ]);
});

it('rings again within seconds when a claim meets a transient database error', async () => {
  const ctx = makeCtx();
  const job = await makeJob(ctx);
  const { db } = ctx;
  const fail = () => Promise.reject(new Error('D1_ERROR: Network connection lost.'));
  ctx.db = Object.create(db, { batch: { value: fail } }) as typeof db;
  await fillSlots(ctx);
  expect(ctx.downloader.commands).toEqual([]);
  expect(ctx.rings).toEqual([5]);
  ctx.db = db;
  ctx.clock.advance(5000);
  await fillSlots(ctx);
  expect(ctx.downloader.commands).toMatchObject([{ jobId: job.id, attempt: 1 }]);
});

it('rings for the other due jobs without waiting for the downloaders of the first ones', async () => {
  const ctx = makeCtx();
  const workspaceId = await makeWorkspace(ctx);
  for (let i = 0; i < 3; i++) await makeJob(ctx, { workspaceId });
  const container = Promise.withResolvers<void>();
  ctx.downloader.dispatch = async () => {
    await container.promise;
    return 'accepted';
  };
  const filling = fillSlots(ctx, { maxStarts: 2 });
  await vi.waitFor(() => expect(ctx.rings).toEqual([0]));
  container.resolve();
  await filling;
  expect(ctx.rings).toEqual([0]);
});
