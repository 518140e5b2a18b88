/** Attempts that stored their file and whose final report never arrived: the job completes, and the file is not stored again. */
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ctx } from '../../../worker/context.ts';
import type { Code } from '../../../worker/contract/codes.ts';
import { artifacts, placements } from '../../../worker/db/tables/artifacts.ts';
import { events } from '../../../worker/db/tables/events.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { ledger } from '../../../worker/db/tables/ledger.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { listAttempts } from '../../../worker/jobs/imports/list-attempts.ts';
import { makeClaimed } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { makePlacement, makeWorkspace } from '../support/rows.ts';
import { claimStore, makeDestination, makeImported, OFFLINE, transferOf } from '../transfers/imported.ts';
import { startRequestedStore } from '../../../worker/transfers/start-store-job.ts';
import { makeEndpoint } from '../webhooks/receiver.ts';

beforeEach(emptyTables);

type Claimed = Awaited<ReturnType<typeof makeClaimed>>;
const LEASE_MS = 60_000;

const readJob = (ctx: Ctx, id: string) => ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) });
const report = (ctx: Ctx, { ref }: Claimed, code: Code) =>
  failJob(ctx, { ref, report: { failure: { code }, source: null } });

const expire = async (ctx: TestCtx): Promise<void> => {
  ctx.clock.advance(LEASE_MS);
  await sweep(ctx);
};

/** The ways in which an attempt ends without the report that it completed. */
const ENDS: [string, (ctx: TestCtx, claimed: Claimed) => Promise<unknown>][] = [
  ['its lease expires', expire],
  [
    'its lease expires before its delivery was confirmed',
    async (ctx) => {
      await ctx.db.update(jobs).set({ acceptedAt: null });
      await expire(ctx);
    },
  ],
  ['its downloader hands it back', (ctx, claimed) => report(ctx, claimed, 'downloader_draining')],
  ['its downloader could not reach the Worker', (ctx, claimed) => report(ctx, claimed, 'downloader_lost')],
  ['its time was over', (ctx, claimed) => report(ctx, claimed, 'job_timeout')],
];

describe.each(ENDS)('an attempt that stored its file, when %s,', (_, end) => {
  it('completes its job with one bill and one event', async () => {
    const ctx = makeCtx();
    const claimed = await makeClaimed(ctx);
    const { job, ref } = claimed;
    await makeEndpoint(ctx, job.workspaceId);
    await makePlacement(ctx, job, {}, 15_728_640);
    await end(ctx, claimed);
    const completed = await readJob(ctx, job.id);
    expect(completed).toMatchObject({
      status: 'completed',
      attempt: 1,
      failures: 0,
      errorCode: null,
      bytesDone: 15_728_640,
      costMicrodollars: 47_186,
    });
    expect(await ctx.db.select().from(ledger)).toEqual([
      expect.objectContaining({ jobId: job.id, status: 'completed', bytes: 15_728_640 }),
    ]);
    expect(await ctx.db.select().from(events)).toEqual([
      expect.objectContaining({ jobId: job.id, type: 'import.completed' }),
    ]);
    expect(await listAttempts(ctx, job.id)).toEqual([expect.objectContaining({ outcome: 'completed' })]);
    expect(await ctx.db.select().from(placements)).toEqual([expect.objectContaining({ status: 'stored' })]);
    expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull();
    // The report may still arrive.
    expect(await completeJob(ctx, { ref, report: { warnings: [] } })).toEqual({ directive: 'continue' });
    expect(await readJob(ctx, job.id)).toEqual(completed);
  });

  it('ends it as canceled when that was requested', async () => {
    const ctx = makeCtx();
    const claimed = await makeClaimed(ctx);
    const { job } = claimed;
    await makePlacement(ctx, job);
    await cancelJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
    await end(ctx, claimed);
    await ctx.settled();
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'canceled', costMicrodollars: 0 });
    expect(await ctx.db.select().from(placements)).toEqual([expect.objectContaining({ status: 'aborted' })]);
  });
});

describe('an expired attempt runs again', () => {
  it('when its upload is not stored', async () => {
    const ctx = makeCtx();
    const { job } = await makeClaimed(ctx);
    await makePlacement(ctx, job, { status: 'completing' });
    await expire(ctx);
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'queued', errorCode: 'downloader_lost' });
  });

  it('when another of its files is not stored', async () => {
    const ctx = makeCtx();
    const { job } = await makeClaimed(ctx);
    const { artifactId } = await makePlacement(ctx, job);
    const [media] = await ctx.db.select().from(artifacts).where(eq(artifacts.id, artifactId));
    await ctx.db.insert(artifacts).values({ ...media!, id: ctx.newId(), role: 'thumbnail' });
    await expire(ctx);
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'queued', errorCode: 'downloader_lost' });
  });

  it('when it stored a file other than its media', async () => {
    const ctx = makeCtx();
    const { job } = await makeClaimed(ctx);
    await makePlacement(ctx, job);
    await ctx.db.update(artifacts).set({ role: 'thumbnail' });
    await expire(ctx);
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'queued', errorCode: 'downloader_lost' });
  });
});

it('completes a store job whose file is stored, free of charge, and its transfer', async () => {
  const ctx = makeCtx(OFFLINE);
  const imported = await makeImported(ctx, { workspaceId: await makeWorkspace(ctx) });
  const { id: destinationId } = await makeDestination(ctx, imported.workspaceId);
  await startRequestedStore(ctx, { importJob: imported, destinationId, request: imported.request });
  const { job } = await claimStore(ctx);
  await makePlacement(ctx, job, { destinationId, url: 'https://bucket.example/clip.mp4' });
  await expire(ctx);
  expect(await readJob(ctx, job.id)).toMatchObject({ status: 'completed', costMicrodollars: 0 });
  expect(await transferOf(ctx, imported.id)).toMatchObject({ status: 'stored' });
  const sent = await ctx.db.select().from(events).where(eq(events.jobId, imported.id));
  expect(sent.map(({ type }) => type).sort()).toEqual(['import.stored']);
});
