import { beforeEach, describe, expect, it } from 'vitest';
import { attempts } from '../../../worker/db/tables/jobs.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { stageTimes } from '../../../worker/jobs/end/stage-times.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { sweepLeases } from '../../../worker/jobs/sweep-leases.ts';
import { makeClaimed, refOf } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { makeJob, makePlacement } from '../support/rows.ts';
import { makeDestination, OFFLINE } from '../transfers/imported.ts';

beforeEach(emptyTables);

const eventsOf = ({ lines }: TestCtx, name: string) =>
  lines.filter(({ event }) => event === name).map(({ facts }) => facts);

describe('an attempt', () => {
  it('that completes is logged once with everything that is known, also when its report is repeated', async () => {
    const ctx = makeCtx(OFFLINE);
    const { job, ref } = await makeClaimed(ctx, { request: { url: 'https://cdn.example/a.mp4?key=secret' } });
    const { id } = await makeDestination(ctx, job.workspaceId, { endpoint: null, region: 'eu-west-1' });
    await makePlacement(ctx, job, { destinationId: id });
    ctx.clock.advance(7_000);
    const report = { warnings: [] };
    await completeJob(ctx, { ref, report });
    await completeJob(ctx, { ref, report });
    const { workspaceId } = job;
    expect(eventsOf(ctx, 'attempt.ended')).toEqual([
      {
        ...ref,
        workspaceId,
        kind: 'import',
        slot: 'slot-0',
        outcome: 'completed',
        code: null,
        status: 'completed',
        failures: 0,
        way: null,
        bytes: 1000,
        sourceHost: 'cdn.example',
        provider: 'Amazon S3',
        durationMs: 7_000,
        resolvingMs: 0,
        downloadingMs: 0,
        mergingMs: 0,
        uploadingMs: 7_000,
        verifyingMs: 0,
      },
    ]);
    expect(eventsOf(ctx, 'job.ended')).toMatchObject([
      { ...ref, workspaceId, status: 'completed', bytes: 1000, costMicrodollars: 3, durationMs: 7_000 },
    ]);
    expect(JSON.stringify(ctx.lines)).not.toContain('secret');
  });

  it('that fails and is retried is logged, and its job has not ended', async () => {
    const ctx = makeCtx();
    const { job, ref } = await makeClaimed(ctx, { bytesDone: 500 });
    await makePlacement(ctx, job, { status: 'open' });
    await failJob(ctx, { ref, report: { failure: { code: 'source_unavailable' }, source: null } });
    expect(eventsOf(ctx, 'attempt.ended')).toMatchObject([
      {
        outcome: 'failed',
        code: 'source_unavailable',
        status: 'queued',
        failures: 1,
        bytes: 500,
        provider: 'service',
      },
    ]);
    expect(eventsOf(ctx, 'job.ended')).toEqual([]);
  });

  it('that is lost with others is logged for each of them', async () => {
    const ctx = makeCtx();
    const lost = [await makeClaimed(ctx), await makeClaimed(ctx, { bytesDone: 20 })];
    ctx.clock.advance(61_000);
    await sweepLeases(ctx);
    const facts = lost.map(({ ref, job }) => ({
      ...ref,
      bytes: job.bytesDone,
      outcome: 'expired',
      code: 'downloader_lost',
      status: 'queued',
      durationMs: 61_000,
    }));
    const logged = eventsOf(ctx, 'attempt.ended');
    expect(logged).toHaveLength(2);
    for (const one of facts) expect(logged).toContainEqual(expect.objectContaining(one));
  });

  it('is announced by its claim, with the time that the job waited', async () => {
    const ctx = makeCtx();
    const job = await makeJob(ctx);
    ctx.clock.advance(1_500);
    const claimed = await claimNext(ctx, { slot: 'slot-1' });
    const { workspaceId } = job;
    expect(eventsOf(ctx, 'job.claimed')).toEqual([
      { ...refOf(claimed!), workspaceId, kind: 'import', slot: 'slot-1', failures: 0, waitedMs: 1_500 },
    ]);
    await claimNext(ctx, { slot: 'slot-1' });
    expect(eventsOf(ctx, 'job.claimed')).toHaveLength(1);
  });
});

it('a job that is canceled before any attempt has an end, and no attempt', async () => {
  const ctx = makeCtx();
  const { id: jobId, workspaceId } = await makeJob(ctx);
  await cancelJob(ctx, { workspaceId, jobId });
  await cancelJob(ctx, { workspaceId, jobId });
  expect(eventsOf(ctx, 'attempt.ended')).toEqual([]);
  expect(eventsOf(ctx, 'job.ended')).toMatchObject([{ jobId, attempt: 0, status: 'canceled', bytes: 0 }]);
  expect(await ctx.db.$count(attempts)).toBe(0);
});

describe('the times of the stages', () => {
  const none = {
    claimedAt: 1000,
    downloadingAt: null,
    mergingAt: null,
    uploadingAt: null,
    verifyingAt: null,
  };
  const zero = { resolving: 0, downloading: 0, merging: 0, uploading: 0, verifying: 0 };

  it.each([
    ['nothing began', { ...none, endedAt: 4000 }, { openedAt: null, way: null }, { resolving: 3000 }],
    [
      'a direct file was downloaded between two heartbeats',
      { ...none, endedAt: 4000 },
      { openedAt: 1500, way: 'direct' as const },
      { resolving: 500, downloading: 2500 },
    ],
    [
      'a heartbeat reported the download of a direct file late',
      { ...none, downloadingAt: 3000, verifyingAt: 8000, endedAt: 9000 },
      { openedAt: 1500, way: 'direct' as const },
      { resolving: 500, downloading: 6500, verifying: 1000 },
    ],
    [
      'a page was downloaded, merged and uploaded',
      { ...none, downloadingAt: 2000, mergingAt: 5000, uploadingAt: 7000, verifyingAt: 8000, endedAt: 8500 },
      { openedAt: 6000, way: 'ytdlp' as const },
      { resolving: 1000, downloading: 3000, merging: 1000, uploading: 2000, verifying: 500 },
    ],
  ])('are right when %s', (_, marks, known, times) => {
    expect(stageTimes(marks, known)).toEqual({ ...zero, ...times });
  });
});
