/** The next job in the answer to the call that ends another one. */
import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import type { Command } from '../../../worker/contract/downloader/command.ts';
import type { NextRequest, SignedCommand } from '../../../worker/contract/downloader/claim.ts';
import { JobKind } from '../../../worker/contract/job.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { workspaces } from '../../../worker/db/tables/workspaces.ts';
import { NEVER } from '../../../worker/jobs/alone/crashes.ts';
import { listAttempts } from '../../../worker/jobs/imports/list-attempts.ts';
import { completeUpload } from '../../../worker/jobs/complete-upload.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { openFile } from '../../../worker/jobs/open-file.ts';
import { refOf } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeJob } from '../support/rows.ts';
import { artifactRequest, makeLive, putAll, someBytes } from '../support/uploads.ts';

beforeEach(emptyTables);

const NEXT: NextRequest = { capacity: 4, kinds: JobKind.options };
const DONE = { outcome: 'stored', directive: 'continue' };
const code = (name: string) => expect.objectContaining({ code: name });
const commandIn = ({ body }: SignedCommand) => JSON.parse(body) as Command;

/** An attempt that has sent all bytes of its file, and the call that completes it and asks for the next job. */
async function sent(slot = 'slot-0', ctx = makeCtx()) {
  const live = await makeLive(ctx);
  await ctx.db.update(jobs).set({ slot }).where(eq(jobs.id, live.job.id));
  const caller = { ref: refOf(live.job), features: new Set<never>() };
  const plan = await openFile(ctx, { ...caller, file: artifactRequest({ sizeBytes: 1000 }) });
  const stored = await putAll(ctx, live, plan, someBytes(1000));
  const complete = (next: NextRequest | null = NEXT) => {
    const report = { ...stored, completed: { warnings: [] }, ...(next && { next }) };
    return completeUpload(ctx, { ...caller, placementId: plan.placementId, report });
  };
  const waiting = (values: Parameters<typeof makeJob>[1] = {}) =>
    makeJob(ctx, { workspaceId: live.job.workspaceId, ...values });
  const readJob = async (id: string) => (await ctx.db.select().from(jobs).where(eq(jobs.id, id)))[0]!;
  const attemptsOf = (id: string) => listAttempts(ctx, id);
  return { ctx, live, complete, waiting, readJob, attemptsOf };
}

it('is claimed for the place of the job that ends, and nobody rings', async () => {
  const { ctx, complete, waiting, readJob, attemptsOf } = await sent();
  const { id } = await waiting();
  const answer = await complete();
  expect(answer).toEqual({ ...DONE, next: expect.anything() });
  const { next } = answer as { next: SignedCommand };
  expect(commandIn(next)).toMatchObject({ jobId: id, attempt: 1, slot: 'slot-0', kind: 'import' });
  expect(await readJob(id)).toMatchObject({ status: 'processing', slot: 'slot-0', attempt: 1 });
  // Its downloader has promised to run it.
  expect(await attemptsOf(id)).toEqual([
    expect.objectContaining({ claimedAt: ctx.now(), acceptedAt: ctx.now(), endedAt: null }),
  ]);
  expect(ctx.rings).toEqual([]);
});

it('is the same job when the call is repeated, because its answer was lost', async () => {
  const { complete, waiting, readJob } = await sent();
  const [first, second] = [await waiting(), await waiting()];
  const answers = [await complete(), await complete()] as { next: SignedCommand }[];
  const [id, again] = answers.map(({ next }) => commandIn(next).jobId);
  expect(again).toBe(id);
  const statuses = [await readJob(first.id), await readJob(second.id)].map(({ status }) => status);
  expect(statuses.toSorted()).toEqual(['processing', 'queued']);
});

it('is not handed over again after it has ended, nor to a downloader that does not ask', async () => {
  const { ctx, complete, waiting } = await sent();
  const { id } = await waiting();
  await complete();
  expect(await complete(null)).toEqual(DONE);
  await ctx.db.update(jobs).set({ status: 'failed', slot: null }).where(eq(jobs.id, id));
  expect(await complete()).toEqual(DONE);
});

it('comes from the workspace that runs the fewest jobs', async () => {
  const { ctx, complete, waiting } = await sent();
  await waiting({ status: 'processing' });
  await waiting();
  const other = await makeJob(ctx);
  const { next } = (await complete()) as { next: SignedCommand };
  expect(commandIn(next).jobId).toBe(other.id);
});

it('there is none when no job waits', async () => {
  const { ctx, complete } = await sent();
  expect(await complete()).toEqual(DONE);
  expect(ctx.rings).toEqual([]);
});

it.each([
  ['the next one is not due', { runAfter: Number.MAX_SAFE_INTEGER }, JobKind.options],
  ['it does not know the kind of the next one', { kind: 'playlist' as const }, ['import']],
])('there is none when %s', async (_name, values, kinds) => {
  const { complete, waiting, readJob } = await sent();
  const { id } = await waiting(values);
  expect(await complete({ ...NEXT, kinds })).toEqual(DONE);
  expect(await readJob(id)).toMatchObject({ status: 'queued', attempt: 0 });
});

it.each(['slot-7', 'pull-home'])(
  'there is none for %s, which the fleet does not send jobs to',
  async (slot) => {
    const { ctx, complete, waiting, readJob } = await sent(slot);
    const { id } = await waiting();
    expect(await complete()).toEqual(DONE);
    expect(await readJob(id)).toMatchObject({ status: 'queued' });
    expect(ctx.rings).toEqual([0]);
  },
);

it('there is none when the slot is full without the job that ends', async () => {
  const { complete, waiting, readJob } = await sent();
  for (let busy = 0; busy < 2; busy++) await waiting({ status: 'processing', slot: 'slot-0' });
  const { id } = await waiting();
  expect(await complete({ ...NEXT, capacity: 1 })).toEqual(DONE);
  expect(await readJob(id)).toMatchObject({ status: 'queued' });
});

it.each([
  ['another attempt owns its job', { attempt: 2 }, 'stale'],
  ['its job is being canceled', { cancelRequestedAt: 1 }, 'cancel_requested'],
] as const)('no job is claimed by an attempt that ends nothing: %s', async (_name, values, refusal) => {
  const { ctx, live, complete, waiting, readJob } = await sent();
  const { id } = await waiting();
  await ctx.db.update(jobs).set(values).where(eq(jobs.id, live.job.id));
  await expect(complete()).rejects.toThrow(code(refusal));
  expect(await readJob(id)).toMatchObject({ status: 'queued', attempt: 0 });
});

it('goes back to the queue when its dispatch cannot be made', async () => {
  const { ctx, complete, waiting, readJob, attemptsOf } = await sent();
  const { id } = await waiting();
  ctx.downloader.sign = () => Promise.reject(new Error('no key'));
  expect(await complete()).toEqual(DONE);
  expect(await readJob(id)).toMatchObject({ status: 'queued', slot: null, failures: 0 });
  expect(await attemptsOf(id)).toEqual([expect.objectContaining({ outcome: 'undelivered' })]);
  expect(ctx.rings).toContain(0);
});

it('goes back to the queue when the downloader shuts down and does not wait for the answer', async () => {
  const { ctx, live, complete, waiting, readJob, attemptsOf } = await sent();
  const { id } = await waiting();
  await complete();
  const report = { failure: { code: 'downloader_draining' as const }, source: null };
  expect(await failJob(ctx, { ref: refOf(live.job), report })).toEqual({ directive: 'continue' });
  expect(await readJob(live.job.id)).toMatchObject({ status: 'completed' });
  expect(await readJob(id)).toMatchObject({ status: 'queued', slot: null, failures: 0, crashes: 0 });
  expect(await attemptsOf(id)).toEqual([expect.objectContaining({ outcome: 'undelivered' })]);
  expect(ctx.rings).toContain(0);
});

it('is its own one for each of two jobs that end together, and whose answers were lost', async () => {
  const first = await sent();
  const second = await sent('slot-0', first.ctx);
  // The rows are not in the order of the hand-overs.
  const [later, sooner] = [await first.waiting(), await first.waiting({ runAfter: 1 })];
  const idIn = (answer: unknown) => commandIn((answer as { next: SignedCommand }).next).jobId;
  expect(idIn(await first.complete())).toBe(sooner.id);
  expect(idIn(await second.complete())).toBe(later.id);
  expect(idIn(await first.complete())).toBe(sooner.id);
  expect(idIn(await second.complete())).toBe(later.id);
});

it('the doorbell rings for the other places of the slot when the job that ends ran alone there', async () => {
  const { ctx, live, complete, waiting } = await sent();
  await ctx.db.update(jobs).set({ runAfter: NEVER }).where(eq(jobs.id, live.job.id));
  await waiting();
  await waiting();
  expect(await complete()).toMatchObject(DONE);
  expect(ctx.rings).toEqual([0]);
});

it('the doorbell rings for the workspace of the job that ends, whose own next job may be for a slot of another sort', async () => {
  const { ctx, live, complete } = await sent('page-0');
  ctx.config.PAGE_SLOTS = 1;
  const { workspaceId } = live.job;
  await ctx.db.update(workspaces).set({ maxConcurrent: 1 }).where(eq(workspaces.id, workspaceId));
  await makeJob(ctx, { workspaceId });
  const page = await makeJob(ctx, { isPage: true });
  const { next } = (await complete()) as { next: SignedCommand };
  expect(commandIn(next).jobId).toBe(page.id);
  expect(ctx.rings).toEqual([0]);
});
