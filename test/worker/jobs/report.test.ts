import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import type { AttemptRef } from '../../../worker/attempts/attempt-token.ts';
import type { Ctx } from '../../../worker/context.ts';
import type { Code } from '../../../worker/contract/codes.ts';
import { placements } from '../../../worker/db/tables/artifacts.ts';
import { events } from '../../../worker/db/tables/events.ts';
import type { JobRow } from '../../../worker/db/rows.ts';
import { attempts, jobs } from '../../../worker/db/tables/jobs.ts';
import { ledger } from '../../../worker/db/tables/ledger.ts';
import { requireLiveAttempt } from '../../../worker/attempts/live-attempt.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { makeCommand } from '../../../worker/jobs/dispatch-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { listAttempts } from '../../../worker/jobs/imports/list-attempts.ts';
import { makeClaimed, refOf } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makePlacement } from '../support/rows.ts';
import { makeEndpoint } from '../webhooks/receiver.ts';

beforeEach(emptyTables);

const readJob = async (ctx: Ctx, id: string) =>
  (await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) }))!;
const errorOf = (code: Code) => expect.objectContaining({ code });
const failed = (code: Code, detail?: string) => ({
  failure: detail === undefined ? { code } : { code, detail },
  source: null,
});
const CONTINUE = { directive: 'continue' };

it('completes a job whose file is stored, with one bill and one event, however often that is reported', async () => {
  const ctx = makeCtx();
  const { job, ref } = await makeClaimed(ctx, { errorCode: 'source_timeout', warnings: ['one', 'two'] });
  await makeEndpoint(ctx, job.workspaceId);
  await makePlacement(ctx, job, {}, 15_728_640);
  const complete = () => completeJob(ctx, { ref, report: { warnings: ['one', "it's three"] } });
  expect(await Promise.all([complete(), complete()])).toEqual([CONTINUE, CONTINUE]);
  expect(await complete()).toEqual(CONTINUE);
  expect(await failJob(ctx, { ref, report: failed('source_timeout') })).toEqual(CONTINUE);
  expect(await readJob(ctx, job.id)).toMatchObject({
    status: 'completed',
    stage: null,
    leaseUntil: null,
    bytesDone: 15_728_640,
    warnings: ["it's three", 'one', 'two'],
    errorCode: null,
    costMicrodollars: 47_186,
    finishedAt: ctx.now(),
  });
  expect(await ctx.db.select().from(ledger)).toEqual([
    expect.objectContaining({
      jobId: job.id,
      workspaceId: job.workspaceId,
      status: 'completed',
      bytes: 15_728_640,
      microdollars: 47_186,
    }),
  ]);
  expect(await ctx.db.select().from(events)).toEqual([
    expect.objectContaining({ jobId: job.id, type: 'import.completed', workspaceId: job.workspaceId }),
  ]);
  expect(await ctx.db.$count(attempts)).toBe(0);
  expect(await listAttempts(ctx, job.id)).toEqual([
    expect.objectContaining({ slot: 'slot-0', outcome: 'completed', endedAt: ctx.now() }),
  ]);
  expect(ctx.rings).toEqual([0]);
});

it('does not complete a job whose file is not stored', async () => {
  const ctx = makeCtx();
  const { job, ref } = await makeClaimed(ctx);
  await makePlacement(ctx, job, { status: 'open' });
  await expect(completeJob(ctx, { ref, report: { warnings: [] } })).rejects.toEqual(
    errorOf('invalid_request'),
  );
  expect(await readJob(ctx, job.id)).toMatchObject({ status: 'processing' });
});

it('does not complete a job with a cancel request', async () => {
  const ctx = makeCtx();
  const { job, ref } = await makeClaimed(ctx);
  await makePlacement(ctx, job);
  await cancelJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
  expect(await completeJob(ctx, { ref, report: { warnings: [] } })).toEqual({ directive: 'cancel' });
  expect(await failJob(ctx, { ref, report: failed('canceled') })).toEqual(CONTINUE);
  expect(await completeJob(ctx, { ref, report: { warnings: [] } })).toEqual({ directive: 'stale' });
  expect(await readJob(ctx, job.id)).toMatchObject({ status: 'canceled', costMicrodollars: 0 });
  expect(await ctx.db.select().from(ledger)).toEqual([
    expect.objectContaining({ status: 'canceled', bytes: 0, microdollars: 0 }),
  ]);
  expect(await ctx.db.select().from(placements)).toEqual([expect.objectContaining({ status: 'aborted' })]);
});

it('ignores the reports of an older attempt', async () => {
  const ctx = makeCtx();
  const { job } = await makeClaimed(ctx, { attempt: 2 });
  await makePlacement(ctx, { ...job, attempt: 1 });
  const ref = { jobId: job.id, attempt: 1 };
  const stale = { directive: 'stale' };
  expect(await completeJob(ctx, { ref, report: { warnings: [] } })).toEqual(stale);
  expect(await failJob(ctx, { ref, report: failed('source_not_found') })).toEqual(stale);
  await expect(requireLiveAttempt(ctx, ref)).rejects.toEqual(errorOf('stale'));
  expect(await readJob(ctx, job.id)).toEqual(job);
});

it('queues a job again after a temporary failure, and fails it when its retries are used up', async () => {
  const ctx = makeCtx();
  let claimed: { job: JobRow; ref: AttemptRef } = await makeClaimed(ctx);
  await makeEndpoint(ctx, claimed.job.workspaceId);
  for (const delayMs of [3_750, 15_000, 60_000]) {
    const report = failed('source_unavailable', 'HTTP 503');
    expect(await failJob(ctx, { ref: claimed.ref, report })).toEqual(CONTINUE);
    expect(await failJob(ctx, { ref: claimed.ref, report })).toEqual(CONTINUE);
    const queued = await readJob(ctx, claimed.job.id);
    expect(queued).toMatchObject({
      status: 'queued',
      slot: null,
      leaseUntil: null,
      runAfter: ctx.now() + delayMs,
      errorCode: 'source_unavailable',
      errorDetail: 'HTTP 503',
    });
    expect(ctx.rings.splice(0)).toEqual([0, Math.ceil(delayMs / 1000)]);
    expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull();
    ctx.clock.advance(delayMs);
    const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
    claimed = { job, ref: refOf(job) };
  }
  expect(claimed.job).toMatchObject({ attempt: 4, failures: 3 });
  await failJob(ctx, { ref: claimed.ref, report: failed('source_timeout') });
  expect(await readJob(ctx, claimed.job.id)).toMatchObject({
    status: 'failed',
    failures: 4,
    errorCode: 'source_timeout',
    errorDetail: null,
    costMicrodollars: 0,
  });
  expect(await ctx.db.select().from(events)).toEqual([expect.objectContaining({ type: 'import.failed' })]);
  expect((await ctx.db.select().from(attempts)).map(({ outcome }) => outcome)).toEqual(
    Array.from({ length: 4 }, () => 'failed'),
  );
});

it('fails at once after a permanent failure, and records how the source was read', async () => {
  const ctx = makeCtx();
  const { job, ref } = await makeClaimed(ctx);
  const source = { way: 'ytdlp', reason: 'The answer was HTML.' } as const;
  await failJob(ctx, { ref, report: { failure: { code: 'private_media' }, source } });
  expect(await readJob(ctx, job.id)).toMatchObject({
    status: 'failed',
    failures: 1,
    errorCode: 'private_media',
    sourceWay: 'ytdlp',
    sourceReason: 'The answer was HTML.',
  });
});

it('tells the next attempts that a source needs one connection, whatever ended the attempt', async () => {
  const ctx = makeCtx();
  const { job, ref } = await makeClaimed(ctx);
  const source = { way: 'direct', reason: 'Reading by ranges failed.', oneConnection: true } as const;
  await failJob(ctx, { ref, report: { failure: { code: 'source_truncated' }, source } });
  ctx.clock.advance(3_600_000);
  const second = (await claimNext(ctx, { slot: 'slot-0' }))!;
  const url = second.request.url;
  expect(await makeCommand(ctx, { slot: 'slot-0', job: second })).toMatchObject({
    source: { url, oneConnection: true },
  });
  const report = { failure: { code: 'source_timeout' as const }, source: null };
  await failJob(ctx, { ref: refOf(second), report });
  expect(await readJob(ctx, job.id)).toMatchObject({ sourceOneConnection: true });
});

it('requeues the job of a draining downloader without counting a failure', async () => {
  const ctx = makeCtx();
  const { job, ref } = await makeClaimed(ctx, { failures: 2 });
  await failJob(ctx, { ref, report: failed('downloader_draining') });
  expect(await readJob(ctx, job.id)).toMatchObject({
    status: 'queued',
    failures: 2,
    runAfter: job.runAfter,
    errorCode: null,
  });
  expect(await ctx.db.select().from(attempts)).toEqual([expect.objectContaining({ outcome: 'handed_back' })]);
  // At once for the other slots, and again when this one may have restarted.
  expect(ctx.rings).toEqual([5, 0]);
});

it('ends a job with a cancel request as canceled, whatever its attempt reports', async () => {
  const ctx = makeCtx();
  for (const code of [
    'downloader_draining',
    'source_is_page',
    'source_unavailable',
    'source_not_found',
  ] as const) {
    const { job, ref } = await makeClaimed(ctx);
    await cancelJob(ctx, { workspaceId: job.workspaceId, jobId: job.id });
    await expect(requireLiveAttempt(ctx, ref)).rejects.toEqual(errorOf('cancel_requested'));
    expect(await failJob(ctx, { ref, report: failed(code) })).toEqual(CONTINUE);
    expect(await readJob(ctx, job.id)).toMatchObject({ status: 'canceled', errorCode: null });
  }
});

it('does not let a downloader cancel a job without a cancel request', async () => {
  const ctx = makeCtx();
  const { job, ref } = await makeClaimed(ctx);
  await expect(failJob(ctx, { ref, report: failed('canceled') })).rejects.toEqual(errorOf('invalid_request'));
  expect(await readJob(ctx, job.id)).toMatchObject({ status: 'processing' });
});

it('lists the attempt that completed a job once, also if an earlier version of the service has written its row', async () => {
  const ctx = makeCtx();
  const { job, ref } = await makeClaimed(ctx);
  await makePlacement(ctx, job);
  await completeJob(ctx, { ref, report: { warnings: [] } });
  const row = { ...ref, slot: 'slot-7', claimedAt: 1 };
  await ctx.db.insert(attempts).values(row);
  expect(await listAttempts(ctx, job.id)).toMatchObject([{ slot: 'slot-0', outcome: 'completed' }]);
  await ctx.db.update(attempts).set({ endedAt: 2, outcome: 'completed' });
  expect(await listAttempts(ctx, job.id)).toMatchObject([{ slot: 'slot-7', endedAt: 2 }]);
});

it('writes no event that nobody is told', async () => {
  const ctx = makeCtx();
  const [silent, loud] = [await makeClaimed(ctx), await makeClaimed(ctx)];
  const { row } = await makeEndpoint(ctx, loud.job.workspaceId, { events: ['import.failed'] });
  for (const { job, ref } of [silent, loud]) {
    await makePlacement(ctx, job);
    await completeJob(ctx, { ref, report: { warnings: [] } });
  }
  expect(await ctx.db.select().from(events)).toEqual([]);
  const again = await makeClaimed(ctx, { workspaceId: loud.job.workspaceId });
  await failJob(ctx, { ref: again.ref, report: failed('source_not_found') });
  expect(await ctx.db.select().from(events)).toMatchObject([{ jobId: again.job.id, type: 'import.failed' }]);
  expect(ctx.wakes).toMatchObject([{ endpointId: row.id }]);
});
