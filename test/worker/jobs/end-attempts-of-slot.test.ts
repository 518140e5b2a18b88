import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { endAttemptsOfSlot } from '../../../worker/jobs/end/end-attempts-of-slot.ts';
import { makeClaimed } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';

beforeEach(emptyTables);

const statusOf = async (ctx: TestCtx, id: string) =>
  (await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) }))!;

it('requeues the accepted jobs of the instance at once, for one failure each, and rings', async () => {
  const ctx = makeCtx();
  const [first, second] = [await makeClaimed(ctx), await makeClaimed(ctx)];
  await endAttemptsOfSlot(ctx, { slot: 'slot-0', stoppedAt: ctx.now() });
  for (const { job } of [first, second]) {
    expect(await statusOf(ctx, job.id)).toMatchObject({
      status: 'queued',
      failures: 1,
      errorCode: 'downloader_lost',
    });
  }
  expect(ctx.rings.length).toBeGreaterThan(0);
});

it('leaves jobs of other slots, jobs that were not accepted, and jobs of the next instance', async () => {
  const ctx = makeCtx();
  const stoppedAt = ctx.now() - 1;
  const next = await makeClaimed(ctx);
  const elsewhere = await makeClaimed(ctx, { slot: 'slot-1' });
  const claimed = await makeClaimed(ctx);
  await ctx.db.update(jobs).set({ acceptedAt: null }).where(eq(jobs.id, claimed.job.id));
  await endAttemptsOfSlot(ctx, { slot: 'slot-0', stoppedAt });
  for (const { job } of [next, elsewhere, claimed])
    expect(await statusOf(ctx, job.id)).toMatchObject({ status: 'processing', failures: 0 });
});

it('cancels a job whose cancelation was requested', async () => {
  const ctx = makeCtx();
  const { job } = await makeClaimed(ctx, { cancelRequestedAt: ctx.now() });
  await endAttemptsOfSlot(ctx, { slot: 'slot-0', stoppedAt: ctx.now() });
  expect(await statusOf(ctx, job.id)).toMatchObject({ status: 'canceled' });
});
