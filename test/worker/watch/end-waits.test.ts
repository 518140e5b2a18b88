/** Requests that wait for the end of a job: what they read, and who tells them. */
import { eq } from 'drizzle-orm';
import { expect, it, vi } from 'vitest';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { EndWaits } from '../../../worker/watch/end-waits.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob } from '../support/rows.ts';

/** A context whose ends are told to these waits. */
function makeWaiting(more: Partial<TestCtx> = {}) {
  const ctx = makeCtx(more);
  const waits = new EndWaits();
  const tellEnd = vi.fn<(jobId: string) => Promise<void>>(async () => waits.tell());
  ctx.watches = { ...ctx.watches, tellEnd };
  return { ctx, waits, tellEnd };
}

it('are over as soon as the job has ended, without reading the database meanwhile', async () => {
  const { db, costOf } = meteredDb();
  const { ctx, waits, tellEnd } = makeWaiting({ db });
  const { id: jobId, workspaceId } = await makeJob(ctx);
  let waiting: Promise<boolean[]> | undefined;
  const cost = await costOf(async () => {
    const orders = [20_000, 50_000].map((waitMs) => waits.wait(ctx, { jobId, waitMs }));
    waiting = Promise.all(orders);
    // Longer than two looks of a stream.
    await new Promise((resolve) => setTimeout(resolve, 2200));
  });
  expect(cost.statements).toBe(2);
  await cancelJob(ctx, { workspaceId, jobId });
  expect(await waiting).toEqual([true, true]);
  expect([tellEnd.mock.calls, waits.size]).toEqual([[[jobId]], 0]);
});

it('are over at their time, also when nobody told them of the end', async () => {
  const { ctx, waits, tellEnd } = makeWaiting();
  const { id: jobId, workspaceId } = await makeJob(ctx);
  expect(await waits.wait(ctx, { jobId, waitMs: 20 })).toBe(false);
  tellEnd.mockRejectedValue(new Error('the object was reset'));
  const waiting = waits.wait(ctx, { jobId, waitMs: 500 });
  await vi.waitFor(async () => expect(await markOf(ctx, jobId)).toBeGreaterThan(ctx.now() + 500));
  await cancelJob(ctx, { workspaceId, jobId });
  expect(await waiting).toBe(true);
  expect(ctx.lines.map(({ event }) => event)).toContain('watch.tell_failed');
});

it('do not begin for a job that has ended or does not exist', async () => {
  const { ctx, waits } = makeWaiting();
  const { id: jobId, workspaceId } = await makeJob(ctx);
  await cancelJob(ctx, { workspaceId, jobId });
  expect(await waits.wait(ctx, { jobId, waitMs: 50_000 })).toBe(true);
  expect(await waits.wait(ctx, { jobId: 'nothing', waitMs: 50_000 })).toBe(false);
});

it('cost an end nothing when nobody waits any more', async () => {
  const { ctx, waits, tellEnd } = makeWaiting();
  const [one, other] = [await makeJob(ctx), await makeJob(ctx)];
  await waits.wait(ctx, { jobId: one.id, waitMs: 1 });
  ctx.clock.advance(60_000);
  for (const { id: jobId, workspaceId } of [one, other]) await cancelJob(ctx, { workspaceId, jobId });
  expect(tellEnd).not.toHaveBeenCalled();
});

async function markOf({ db }: TestCtx, jobId: string): Promise<number | null | undefined> {
  return (await db.query.jobs.findFirst({ where: eq(jobs.id, jobId) }))?.waitedUntil;
}
