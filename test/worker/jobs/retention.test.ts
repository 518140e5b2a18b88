import { env } from 'cloudflare:workers';
import { eq, sql } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { artifacts, placements } from '../../../worker/db/tables/artifacts.ts';
import { events } from '../../../worker/db/tables/events.ts';
import { importWords } from '../../../worker/db/tables/import-lists.ts';
import { attempts, jobs } from '../../../worker/db/tables/jobs.ts';
import { ledger } from '../../../worker/db/tables/ledger.ts';
import { transfers } from '../../../worker/db/tables/transfers.ts';
import { workspaces } from '../../../worker/db/tables/workspaces.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { deleteImport } from '../../../worker/jobs/imports/delete-import.ts';
import { endAttempt } from '../../../worker/jobs/end/end-attempt.ts';
import { listAttempts } from '../../../worker/jobs/imports/list-attempts.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { createImport } from '../../../worker/jobs/create-import.ts';
import { forgetOldJobs } from '../../../worker/jobs/retention/forget-old-jobs.ts';
import { refOf } from '../support/claimed.ts';
import { copyRows, numbered } from '../support/copy-rows.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob, makePlacement, makeWorkspace } from '../support/rows.ts';
import { makeDestination } from '../transfers/imported.ts';
import { makeEndpoint } from '../webhooks/receiver.ts';

beforeEach(async () => {
  await emptyTables();
  await env.DB.exec('DELETE FROM import_words');
});

const DAY_MS = 24 * 3600_000;

/** An import, completed by its second attempt, whose file is in a customer's bucket. */
async function makeImport(ctx: TestCtx, values: object = {}) {
  const workspaceId = await makeWorkspace(ctx);
  await makeEndpoint(ctx, workspaceId);
  const { id: destinationId } = await makeDestination(ctx, workspaceId);
  const url = 'https://media.example.com/films/2026/holiday-on-the-island.mp4';
  await createImport(ctx, { workspaceId, request: { url, ...values } });
  const lost = (await claimNext(ctx, { slot: 'slot-0' }))!;
  await endAttempt(ctx, { job: lost, loss: { outcome: 'undelivered' } });
  const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
  await makePlacement(ctx, job, { destinationId, url: 'https://bucket.example.com/holiday.mp4' });
  await completeJob(ctx, { ref: refOf(job), report: { warnings: [] } });
  await ctx.settled();
  return job;
}

const counts = async (ctx: TestCtx) => ({
  attempts: await ctx.db.$count(attempts),
  events: await ctx.db.$count(events),
  artifacts: await ctx.db.$count(artifacts),
  placements: await ctx.db.$count(placements),
  words: await ctx.db.$count(importWords),
});
const NOTHING = { attempts: 0, events: 0, artifacts: 0, placements: 0, words: 0 };

it('forgets a job after HISTORY_DAYS, but not what it has cost', async () => {
  const ctx = makeCtx();
  const { id } = await makeImport(ctx);
  ctx.clock.advance(ctx.config.HISTORY_DAYS * DAY_MS - 1);
  await forgetOldJobs(ctx);
  expect(await counts(ctx)).toMatchObject({ attempts: 1, events: 1, artifacts: 1, placements: 1 });
  ctx.clock.advance(2);
  await forgetOldJobs(ctx);
  expect(await counts(ctx)).toEqual(NOTHING);
  expect(await ctx.db.$count(jobs)).toBe(0);
  expect(await ctx.db.select().from(ledger)).toMatchObject([{ jobId: id, status: 'completed' }]);
});

it('keeps what is not over: running jobs with their attempt, files to be copied, and files that are still in storage', async () => {
  const ctx = makeCtx();
  const running = await makeJob(ctx, { status: 'processing' });
  const copied = await makeImport(ctx);
  await ctx.db.insert(transfers).values({
    importId: copied.id,
    destinationId: 'destination',
    workspaceId: copied.workspaceId,
    reason: 'migration',
    status: 'waiting',
    nextAt: 0,
    createdAt: 0,
  });
  const stored = await makeJob(ctx, { status: 'completed', attempt: 1, finishedAt: ctx.now() });
  await makePlacement(ctx, stored);
  ctx.clock.advance(400 * DAY_MS);
  await forgetOldJobs(ctx);
  const rows = await ctx.db.select().from(jobs);
  expect(new Map(rows.map(({ id, deletedAt }) => [id, deletedAt !== null]))).toEqual(
    new Map([
      [running.id, false],
      [copied.id, false],
      [stored.id, true],
    ]),
  );
  expect(await listAttempts(ctx, running.id)).toMatchObject([{ attempt: 1, endedAt: null }]);
  expect(rows.find(({ id }) => id === stored.id)).toMatchObject({ request: { url: 'about:blank' } });
  // The next sweep removes the object, and then its row.
  const isOfStored = eq(placements.jobId, stored.id);
  const left = await ctx.db.select().from(placements).where(isOfStored);
  expect(left).toMatchObject([{ status: 'stored', expiresAt: ctx.now() }]);
  await forgetOldJobs(ctx);
  expect(await ctx.db.$count(jobs, eq(jobs.id, stored.id))).toBe(1);
  await ctx.db.update(placements).set({ status: 'expired' }).where(isOfStored);
  await forgetOldJobs(ctx);
  expect(await ctx.db.$count(jobs, eq(jobs.id, stored.id))).toBe(0);
});

it('forgets imports that a client has deleted, and old ones alone, whose number alone it reads', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const deleted = await makeImport(ctx);
  await deleteImport(ctx, { workspaceId: deleted.workspaceId, jobId: deleted.id });
  ctx.clock.advance(ctx.config.HISTORY_DAYS * DAY_MS);
  const young = await makeImport(ctx);
  await copyRows(ctx, jobs, { count: 2000, changed: { id: numbered('id') }, where: sql`id = ${young.id}` });
  ctx.clock.advance(1);
  const { rowsRead } = await costOf(() => forgetOldJobs(ctx));
  expect(rowsRead).toBeLessThanOrEqual(100);
  expect(await ctx.db.$count(jobs, eq(jobs.id, deleted.id))).toBe(0);
  expect(await ctx.db.$count(jobs)).toBe(2001);
  expect(await ctx.db.$count(workspaces, sql`running <> 0 OR queued <> 0`)).toBe(0);
});

it('prunes attempts that were not delivered, of a job that still waits', async () => {
  const ctx = makeCtx();
  const job = await makeJob(ctx, { attempt: 2 });
  const row = { jobId: job.id, slot: 'slot-0', claimedAt: ctx.now(), endedAt: ctx.now() };
  await ctx.db.insert(attempts).values([
    { ...row, attempt: 1, outcome: 'undelivered' },
    { ...row, attempt: 2, outcome: 'undelivered', claimedAt: ctx.now() + 400 * DAY_MS },
  ]);
  ctx.clock.advance(400 * DAY_MS);
  await forgetOldJobs(ctx);
  expect(await ctx.db.select({ attempt: attempts.attempt }).from(attempts)).toEqual([{ attempt: 2 }]);
});

/** Adds copies of the only import with all its rows. */
async function copyImports(ctx: TestCtx, id: string, count: number, round: number): Promise<void> {
  const copy = (column: string) => sql`${numbered(column)} || '-' || ${round}`;
  const own = { id: copy('id'), job_id: copy('job_id') };
  const isOfJob = sql`job_id = ${id}`;
  await copyRows(ctx, jobs, {
    count,
    changed: { id: copy('id'), terminal_id: copy('terminal_id') },
    where: sql`id = ${id}`,
  });
  await copyRows(ctx, artifacts, { count, changed: own, where: isOfJob });
  await copyRows(ctx, placements, {
    count,
    changed: { ...own, artifact_id: copy('artifact_id') },
    where: isOfJob,
  });
  await copyRows(ctx, attempts, { count, changed: { job_id: copy('job_id') }, where: isOfJob });
  await copyRows(ctx, events, { count, changed: own, where: isOfJob });
  await copyRows(ctx, ledger, { count, changed: own, where: isOfJob });
  await copyRows(ctx, importWords, {
    count,
    changed: { import_id: copy('import_id') },
    where: sql`import_id = ${id}`,
  });
}

const sizeBytes = async () => (await env.DB.prepare('SELECT 1').run()).meta.size_after;

it('leaves at most 1 KiB of an import in the database, with a bounded number of statements in each sweep', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const { id } = await makeImport(ctx, { webhookUrl: 'https://hooks.example.com/importly/callback' });
  const COUNT = 600;
  const sizes: number[] = [];
  for (let round = 0; round < 3; round++) {
    await ctx.db.update(jobs).set({ finishedAt: ctx.now() }).where(eq(jobs.id, id));
    await copyImports(ctx, id, COUNT, round);
    // The template keeps its rows for the next round.
    await ctx.db
      .update(jobs)
      .set({ finishedAt: ctx.now() + 1000 * DAY_MS })
      .where(eq(jobs.id, id));
    ctx.clock.advance(366 * DAY_MS);
    await ctx.db.update(attempts).set({ claimedAt: ctx.now() }).where(eq(attempts.jobId, id));
    await ctx.db.update(events).set({ createdAt: ctx.now() }).where(eq(events.jobId, id));
    for (let minute = 0; minute < COUNT / 200 + 1; minute++) {
      const cost = await costOf(() => forgetOldJobs(ctx));
      expect(cost.statements).toBeLessThanOrEqual(50);
    }
    expect(await ctx.db.$count(artifacts)).toBe(1);
    sizes.push(await sizeBytes());
  }
  // Space that is freed in one round is used in the next one, so the growth is what stays.
  const perImport = (sizes[2]! - sizes[1]!) / COUNT;
  expect(perImport).toBeLessThanOrEqual(1024);
}, 120_000);
