import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import type { JobRow } from '../../../worker/db/rows.ts';
import { attempts } from '../../../worker/db/tables/jobs.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';
import { emptyTables } from '../support/empty-tables.ts';

beforeEach(emptyTables);

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
  expect(await ctx.db.select().from(attempts)).toEqual([
    expect.objectContaining({
      jobId: oldest.id,
      attempt: 1,
      slot: 'slot-0',
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
  expect(await ctx.db.select().from(attempts)).toHaveLength(2);
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

it('reads a few rows of 100,000 queued jobs, and next claims the single job of another workspace', async () => {
  const ctx = makeCtx();
  const busy = await makeWorkspace(ctx);
  await fillQueue(busy, 100_000, ctx.now() - 1_000_000);
  const waiting = await makeJob(ctx);
  const { db, costOf } = meteredDb();
  ctx.db = db;
  const claims: (JobRow | null)[] = [];
  for (let i = 0; i < 3; i++) {
    const cost = await costOf(async () => claims.push(await claimNext(ctx, { slot: 'slot-0' })));
    expect(cost.rowsRead).toBeLessThanOrEqual(100);
  }
  expect(claims.map((job) => job?.workspaceId)).toEqual([busy, waiting.workspaceId, busy]);
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
       INSERT INTO jobs (id, workspace_id, kind, status, request, run_after, created_at)
       SELECT 'bulk-' || i, ?3, 'import', 'queued', '{"url":"https://a.example/"}', ?4 + i, 0 FROM n`,
    )
      .bind(from, from + step - 1, workspaceId, runAfter)
      .run();
  }
}
