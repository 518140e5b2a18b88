/** The last upload of a job with its final report, in one call. */
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { artifacts, placements } from '../../../../worker/db/tables/artifacts.ts';
import { events } from '../../../../worker/db/tables/events.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { ledger } from '../../../../worker/db/tables/ledger.ts';
import { completeUpload } from '../../../../worker/jobs/complete-upload.ts';
import { openFile } from '../../../../worker/jobs/open-file.ts';
import { refOf } from '../../support/claimed.ts';
import { NEVER } from '../../../../worker/jobs/alone/crashes.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeJob } from '../../support/rows.ts';
import { artifactRequest, makeLive, MIB, put, putAll, someBytes } from '../../support/uploads.ts';
import { makeEndpoint } from '../../webhooks/receiver.ts';

beforeEach(emptyTables);

const code = (name: string) => expect.objectContaining({ code: name });
const ENDED = { outcome: 'stored', directive: 'continue' };

/** An attempt that has sent all bytes of its file, and the call that completes it. */
async function sent(sizeBytes = 1000) {
  const ctx = makeCtx();
  const live = await makeLive(ctx);
  const caller = { ref: refOf(live.job), features: new Set<never>() };
  const plan = await openFile(ctx, { ...caller, file: artifactRequest({ sizeBytes }) });
  const report = await putAll(ctx, live, plan, someBytes(sizeBytes));
  const { placementId } = plan;
  const complete = (completed: { warnings: string[] } | undefined = { warnings: ['one'] }) =>
    completeUpload(ctx, { ...caller, placementId, report: { ...report, completed } });
  const readJob = async () => (await ctx.db.select().from(jobs).where(eq(jobs.id, live.job.id)))[0]!;
  return { ctx, live, caller, plan, report, complete, readJob };
}

it.each([1000, 9 * MIB])(
  'stores a file of %d bytes and ends its job, once, however often it is called',
  async (size) => {
    const { ctx, live, complete, readJob } = await sent(size);
    await makeEndpoint(ctx, live.job.workspaceId);
    const answers = await Promise.all([complete(), complete()]);
    // While one call has the lock of a large upload, the other one is asked to come again.
    expect([ENDED, { outcome: 'completing' }]).toContainEqual(answers[1]);
    expect(answers).toContainEqual(ENDED);
    expect(await complete()).toEqual(ENDED);
    expect(await readJob()).toMatchObject({
      status: 'completed',
      bytesDone: size,
      title: artifactRequest().title,
      warnings: ['one'],
      sourceWay: 'direct',
      leaseUntil: null,
    });
    const { id: jobId } = live.job;
    expect(await ctx.db.select().from(ledger)).toEqual([expect.objectContaining({ jobId, bytes: size })]);
    expect(await ctx.db.select().from(events)).toEqual([expect.objectContaining({ jobId })]);
    // No job waits for the place.
    expect(ctx.rings).toEqual([]);
  },
);

it('rings for a job that waits for the place, and for one that runs alone', async () => {
  for (const values of [{}, { runAfter: NEVER, aloneAfter: 1 }]) {
    const { ctx, complete } = await sent();
    await makeJob(ctx, values);
    expect(await complete()).toEqual(ENDED);
    expect(ctx.rings).toEqual([0]);
    await emptyTables();
  }
});

it('leaves the job alone without a final report', async () => {
  const { complete, readJob, ctx, caller, plan, report } = await sent();
  expect(await completeUpload(ctx, { ...caller, placementId: plan.placementId, report })).toEqual({
    outcome: 'stored',
  });
  expect(await readJob()).toMatchObject({ status: 'processing' });
  // The final report may follow with a repeated call.
  expect(await complete()).toEqual(ENDED);
  expect(await readJob()).toMatchObject({ status: 'completed' });
});

it('bills every file of the attempt', async () => {
  const { ctx, live, caller, complete, readJob } = await sent();
  const audio = artifactRequest({ role: 'audio', extension: 'm4a', sizeBytes: 500 });
  const plan = await openFile(ctx, { ...caller, file: audio });
  const report = await putAll(ctx, live, plan, someBytes(500));
  await completeUpload(ctx, { ...caller, placementId: plan.placementId, report });
  expect(await complete()).toEqual(ENDED);
  expect(await readJob()).toMatchObject({ bytesDone: 1500 });
  expect(await ctx.db.select().from(ledger)).toEqual([expect.objectContaining({ bytes: 1500 })]);
});

it('removes an upload that another call of the attempt has begun', async () => {
  const { ctx, live, caller, complete } = await sent();
  const plan = await openFile(ctx, {
    ...caller,
    file: artifactRequest({ role: 'thumbnail', sizeBytes: null }),
  });
  await put(ctx, live, plan, 1, someBytes(1000));
  expect(await complete()).toEqual(ENDED);
  await ctx.settled();
  const [left] = await ctx.db.select().from(placements).where(eq(placements.id, plan.placementId));
  expect(left!.status).toBe('aborted');
});

describe('nothing ends', () => {
  it.each([
    ['while the job is being canceled', { cancelRequestedAt: 1 }, 'cancel_requested'],
    ['when another attempt owns the job', { attempt: 2 }, 'stale'],
    ['when the job is queued again', { status: 'queued' }, 'stale'],
    ['when the job has failed', { status: 'failed' }, 'stale'],
  ] as const)('%s', async (_name, values, refusal) => {
    const { ctx, live, complete, readJob } = await sent();
    await ctx.db.update(jobs).set(values).where(eq(jobs.id, live.job.id));
    const before = await readJob();
    await expect(complete()).rejects.toThrow(code(refusal));
    expect(await readJob()).toEqual(before);
    expect(await ctx.db.select().from(ledger)).toEqual([]);
    expect(await ctx.db.select({ facts: artifacts.facts }).from(artifacts)).toEqual([{ facts: null }]);
  });

  it('when the report does not fit the upload, or the upload is of another attempt', async () => {
    const mine = await sent();
    const theirs = await sent();
    const report = { ...mine.report, sizeBytes: 999, completed: { warnings: [] } };
    const { placementId } = mine.plan;
    const wrong = completeUpload(mine.ctx, { ...mine.caller, placementId, report });
    await expect(wrong).rejects.toThrow(code('invalid_request'));
    const swapped = { ...mine.caller, placementId: theirs.plan.placementId };
    const stolen = completeUpload(mine.ctx, {
      ...swapped,
      report: { ...mine.report, completed: { warnings: [] } },
    });
    await expect(stolen).rejects.toThrow(code('not_found'));
    expect(await mine.readJob()).toMatchObject({ status: 'processing' });
    expect(await theirs.readJob()).toMatchObject({ status: 'processing' });
  });

  it('when the cancelation comes between the checks and the batch', async () => {
    const { ctx, live, complete, readJob } = await sent();
    const head = ctx.media.head.bind(ctx.media);
    const media = {
      head: async (key: string) => {
        await ctx.db.update(jobs).set({ cancelRequestedAt: 1 }).where(eq(jobs.id, live.job.id));
        return head(key);
      },
    };
    ctx.media = new Proxy(ctx.media, {
      get: (bucket, name) =>
        name === 'head' ? media.head : (bucket[name as 'head'] as () => unknown).bind(bucket),
    });
    await expect(complete()).rejects.toThrow(code('cancel_requested'));
    expect(await readJob()).toMatchObject({ status: 'processing' });
    expect(await ctx.db.select().from(ledger)).toEqual([]);
  });
});
