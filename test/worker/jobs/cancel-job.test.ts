import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { events } from '../../../worker/db/tables/events.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { ledger } from '../../../worker/db/tables/ledger.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { createImport } from '../../../worker/jobs/create-import.ts';
import { getJob } from '../../../worker/jobs/details/get-job.ts';
import { makeClaimed } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeJob, makePlacement, makeWorkspace } from '../support/rows.ts';
import { makeEndpoint } from '../webhooks/receiver.ts';

beforeEach(emptyTables);

const notFound = expect.objectContaining({ code: 'job_not_found' });

it('creates a job even when the doorbell fails', async () => {
  const doorbell = { send: () => Promise.reject(new Error('queue is down')) } as unknown as Queue<unknown>;
  const ctx = makeCtx({ doorbell });
  const workspaceId = await makeWorkspace(ctx);
  const request = { url: 'https://a.example/v.mp4', store: true, storagePath: 'a/b' };
  const { id } = await createImport(ctx, { workspaceId, request });
  const [job] = await ctx.db.select().from(jobs).where(eq(jobs.id, id));
  expect(job).toMatchObject({ status: 'queued', kind: 'import', request, attempt: 0, failures: 0 });
  expect(ctx.lines).toEqual([expect.objectContaining({ event: 'doorbell.ring_failed' })]);
  expect(await getJob(ctx, { workspaceId, jobId: id })).toEqual({
    job,
    artifact: null,
    placement: null,
    destination: null,
    failedPlacement: null,
    places: null,
    siteTrouble: null,
    noDownloaderSince: null,
  });
  expect((await claimNext(ctx, { slot: 'slot-0' }))?.id).toBe(id);
});

it('cancels a queued job at once, and accepts a repeated cancelation', async () => {
  const ctx = makeCtx();
  const job = await makeJob(ctx);
  await makeEndpoint(ctx, job.workspaceId);
  const ref = { workspaceId: job.workspaceId, jobId: job.id };
  expect(await cancelJob(ctx, ref)).toMatchObject({ status: 'canceled', finishedAt: ctx.now() });
  expect(await cancelJob(ctx, ref)).toMatchObject({ status: 'canceled' });
  expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull();
  expect(await ctx.db.select().from(ledger)).toEqual([expect.objectContaining({ microdollars: 0 })]);
  expect(await ctx.db.select().from(events)).toEqual([expect.objectContaining({ type: 'import.canceled' })]);
  expect(ctx.downloader.canceled).toEqual([]);
});

it('tells the downloader of a running job at once, and keeps the time of the first request', async () => {
  const ctx = makeCtx();
  const { job } = await makeClaimed(ctx);
  const ref = { workspaceId: job.workspaceId, jobId: job.id };
  const askedAt = ctx.now();
  await cancelJob(ctx, ref);
  ctx.clock.advance(1000);
  expect(await cancelJob(ctx, ref)).toMatchObject({ status: 'processing', cancelRequestedAt: askedAt });
  expect(ctx.downloader.canceled[0]).toEqual({ slot: 'slot-0', jobId: job.id });
});

it('refuses to cancel a job that has ended, is unknown, or belongs to another workspace', async () => {
  const ctx = makeCtx();
  const done = await makeJob(ctx, { status: 'completed' });
  const ref = { workspaceId: done.workspaceId, jobId: done.id };
  await expect(cancelJob(ctx, ref)).rejects.toEqual(expect.objectContaining({ code: 'job_already_ended' }));
  const workspaceId = await makeWorkspace(ctx);
  for (const jobId of [done.id, ctx.newId(), 'no id']) {
    await expect(cancelJob(ctx, { workspaceId, jobId })).rejects.toEqual(notFound);
    await expect(getJob(ctx, { workspaceId, jobId })).rejects.toEqual(notFound);
  }
});

it('returns the result of the completed attempt, and the failed upload that caused a fallback', async () => {
  const ctx = makeCtx();
  const job = await makeJob(ctx, { status: 'completed', attempt: 2 });
  await makePlacement(ctx, { ...job, attempt: 1 }, { status: 'aborted' });
  const refused = await makePlacement(ctx, job, {
    status: 'aborted',
    destinationId: 'destination',
    errorCode: 'storage_access_denied',
  });
  const stored = await makePlacement(ctx, job, { artifactId: refused.artifactId });
  const details = await getJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
  expect(details.placement).toEqual(stored);
  expect(details.failedPlacement).toEqual(refused);
  expect(details.artifact).toMatchObject({ id: stored.artifactId, title: 'clip' });
});
