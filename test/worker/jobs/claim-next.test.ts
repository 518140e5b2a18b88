import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import type { Ctx } from '../../../worker/context.ts';
import type { JobRow } from '../../../worker/db/rows.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { slotReservations } from '../../../worker/db/tables/slots.ts';
import { NEVER } from '../../../worker/jobs/alone/crashes.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { listAttempts } from '../../../worker/jobs/imports/list-attempts.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';
import { emptyTables } from '../support/empty-tables.ts';

// One test leaves 100,000 jobs.
beforeEach(emptyTables, 60_000);

it('claims the oldest due job, with a lease, a stage and an attempt row', async () => {
  const ctx = makeCtx();
  const workspaceId = await makeWorkspace(ctx);
  await makeJob(ctx, { workspaceId, runAfter: ctx.now() - 1 });
  const oldest = await makeJob(ctx, { workspaceId, runAfter: ctx.now() - 2 });
  const job = await claimNext(ctx, { slot: 'slot-0' });
  expect(job).toMatchObject({
    id: oldest.id,
    status: 'processing',
    stage: 'resolving',
    attempt: 1,
    failures: 0,
    slot: 'slot-0',
    leaseUntil: ctx.now() + 60_000,
    startedAt: ctx.now(),
  });
  expect(await listAttempts(ctx, oldest.id)).toEqual([
    expect.objectContaining({
      attempt: 1,
      slot: 'slot-0',
      claimedAt: ctx.now(),
      acceptedAt: null,
      outcome: null,
    }),
  ]);
});

it('claims nothing when no job is due', async () => {
  const ctx = makeCtx();
  await makeJob(ctx, { runAfter: ctx.now() + 1 });
  await makeJob(ctx, { status: 'completed' });
  expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull();
  ctx.clock.advance(1);
  expect(await claimNext(ctx, { slot: 'slot-0' })).not.toBeNull();
});

it('gives two simultaneous callers two different jobs', async () => {
  const ctx = makeCtx();
  const workspaceId = await makeWorkspace(ctx);
  await makeJob(ctx, { workspaceId });
  await makeJob(ctx, { workspaceId });
  const claimed = await Promise.all(['slot-0', 'slot-1', 'slot-2'].map((slot) => claimNext(ctx, { slot })));
  const ids = claimed.filter((job) => job !== null).map((job) => job.id);
  expect(new Set(ids).size).toBe(2);
  expect(ids).toHaveLength(2);
});

it('claims no more jobs than the slot has room for and the workspace may run', async () => {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, JOBS_PER_SLOT: 2 };
  const workspaceId = await makeWorkspace(ctx, { maxConcurrent: 3 });
  for (let i = 0; i < 5; i++) await makeJob(ctx, { workspaceId });
  expect(await claimNext(ctx, { slot: 'slot-0' })).not.toBeNull();
  expect(await claimNext(ctx, { slot: 'slot-0' })).not.toBeNull();
  expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull();
  expect(await claimNext(ctx, { slot: 'slot-1' })).not.toBeNull();
  expect(await claimNext(ctx, { slot: 'slot-1' })).toBeNull();
});

/** The workspaces of the next claims for slot-0, which has four places. */
async function claimFor(ctx: Ctx, claims: number): Promise<(string | undefined)[]> {
  const claimed = [];
  for (let i = 0; i < claims; i++) claimed.push((await claimNext(ctx, { slot: 'slot-0' }))?.workspaceId);
  return claimed;
}

async function makeJobs(ctx: Ctx, count: number, values: Parameters<typeof makeJob>[1]): Promise<void> {
  for (let i = 0; i < count; i++) await makeJob(ctx, values);
}

it('starts the first job of a workspace in a slot whose places another one has taken, even if it runs more elsewhere', async () => {
  const ctx = makeCtx();
  const [many, other, third] = [await makeWorkspace(ctx), await makeWorkspace(ctx), await makeWorkspace(ctx)];
  await makeJobs(ctx, 9, { workspaceId: many });
  expect(await claimFor(ctx, 5)).toEqual([many, many, many, many, undefined]);
  await makeJobs(ctx, 5, { workspaceId: other, status: 'processing', slot: 'slot-1' });
  await makeJobs(ctx, 2, { workspaceId: other });
  await makeJob(ctx, { workspaceId: third });
  // The third workspace runs nothing anywhere, so it comes first. The extra place is then taken.
  expect(await claimFor(ctx, 2)).toEqual([third, undefined]);
  await ctx.db.update(jobs).set({ status: 'completed' }).where(eq(jobs.workspaceId, third));
  expect(await claimFor(ctx, 2)).toEqual([other, undefined]);
});

it('gives the extra place to nobody who is at the limit, has nothing due, or runs in the slot already', async () => {
  for (const values of [{ maxConcurrent: 1 }, { later: 1 }, { slot: 'slot-0' }]) {
    await emptyTables();
    const ctx = makeCtx();
    const many = await makeWorkspace(ctx);
    const other = await makeWorkspace(ctx, { maxConcurrent: values.maxConcurrent ?? 100 });
    await makeJobs(ctx, 3, { workspaceId: many, status: 'processing' });
    await makeJob(ctx, { workspaceId: other, status: 'processing', slot: 'slot-1' });
    await makeJob(ctx, { workspaceId: values.slot ? other : many, status: 'processing' });
    await makeJob(ctx, { workspaceId: other, runAfter: ctx.now() + (values.later ?? 0) });
    await makeJobs(ctx, 2, { workspaceId: many });
    expect(await claimFor(ctx, 1)).toEqual([undefined]);
  }
});

it('gives one workspace all places of a slot while nobody else waits', async () => {
  const ctx = makeCtx();
  const workspaceId = await makeWorkspace(ctx);
  await makeJobs(ctx, 5, { workspaceId });
  expect(await claimFor(ctx, 5)).toEqual([workspaceId, workspaceId, workspaceId, workspaceId, undefined]);
});

it('gives the single place of a slot to the workspace with the fewest running jobs, and the extra one to another', async () => {
  const ctx = makeCtx();
  ctx.config = { ...ctx.config, JOBS_PER_SLOT: 1 };
  const [many, other] = [await makeWorkspace(ctx), await makeWorkspace(ctx)];
  await makeJob(ctx, { workspaceId: many, status: 'processing', slot: 'slot-1' });
  await makeJobs(ctx, 2, { workspaceId: many, runAfter: ctx.now() - 1 });
  await makeJobs(ctx, 2, { workspaceId: other });
  expect(await claimFor(ctx, 3)).toEqual([other, many, undefined]);
});

it('reads a few rows of 100,000 queued items of batches, and claims single jobs of the same and of other workspaces first', async () => {
  const ctx = makeCtx();
  const busy = await makeWorkspace(ctx);
  // All of them are items of batches: single jobs of the same workspace come first.
  await fillQueue(busy, 100_000, ctx.now() - 1_000_000);
  const waiting = await makeJob(ctx);
  const single = await makeJob(ctx, { workspaceId: busy });
  await makeJob(ctx, { workspaceId: busy, runAfter: ctx.now() + 1 });
  const { db, costOf } = meteredDb();
  ctx.db = db;
  const claims: (JobRow | null)[] = [];
  for (let place = 0; place < 4; place += 1) {
    const cost = await costOf(async () => claims.push(await claimNext(ctx, { slot: 'slot-0' })));
    expect(cost.rowsRead).toBeLessThanOrEqual(30);
  }
  expect(claims.map((job) => job?.workspaceId)).toEqual([busy, waiting.workspaceId, busy, busy]);
  expect(claims.map((job) => job?.batchId)).toEqual([null, null, 'bulk', 'bulk']);
  expect(claims[0]?.id).toBe(single.id);
  // For the extra place, the workspaces that run nothing in the slot are looked for.
  const full = await costOf(async () => expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull());
  expect(full.rowsRead).toBeLessThanOrEqual(40);
  const alone = await makeJob(ctx, { runAfter: NEVER, aloneAfter: ctx.now() });
  for (const [slot, id] of [
    ['slot-0', undefined],
    ['slot-1', alone.id],
  ] as const) {
    const reservation = { slot, jobId: alone.id, since: ctx.now(), until: ctx.now() + 1 };
    await ctx.db.insert(slotReservations).values(reservation);
    const cost = await costOf(async () => expect((await claimNext(ctx, { slot }))?.id).toBe(id));
    expect(cost.rowsRead).toBeLessThanOrEqual(50);
  }
}, 60_000);

it('skips workspaces whose jobs are not due yet', async () => {
  const ctx = makeCtx();
  await env.DB.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO workspaces (id, name, max_concurrent, created_at) SELECT 'later-' || i, 'x', 2, 0 FROM n`,
  );
  await env.DB.exec(
    `INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at) SELECT 'job-' || id, id, 'import', 'queued', '{"url":"https://a.example/"}', ${ctx.now() + 1000}, 0 FROM workspaces`,
  );
  const workspaceId = await makeWorkspace(ctx);
  await makeJob(ctx, { workspaceId, status: 'processing' });
  const due = await makeJob(ctx, { workspaceId });
  const { db, costOf } = meteredDb();
  ctx.db = db;
  const cost = await costOf(async () => expect((await claimNext(ctx, { slot: 'slot-0' }))?.id).toBe(due.id));
  expect(cost.rowsRead).toBeLessThanOrEqual(100);
});

async function fillQueue(workspaceId: string, count: number, runAfter: number): Promise<void> {
  const step = 10_000;
  for (let from = 0; from < count; from += step) {
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
       INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at, batch_id)
       SELECT 'bulk-' || i, ?3, 'import', 'queued', '{"url":"https://a.example/"}', ?4 + i, 0, 'bulk' FROM n`,
    )
      .bind(from, from + step - 1, workspaceId, runAfter)
      .run();
  }
}
