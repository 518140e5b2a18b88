/** The first file of an attempt that was handed over: its job was read with its claim. */
import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { JobKind } from '../../../worker/contract/job.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { completeUpload } from '../../../worker/jobs/complete-upload.ts';
import { openFile } from '../../../worker/jobs/open-file.ts';
import { deleteDestination } from '../../../worker/storage/destinations/destinations.ts';
import { openPlacement } from '../../../worker/storage/uploads/open-placement.ts';
import { refOf } from '../support/claimed.ts';
import { makeCustomer, makeCustomerCtx, s3, sendAll } from '../support/customer.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob } from '../support/rows.ts';
import { artifactRequest, attemptOf, makeLive, placementsOf, putAll, someBytes } from '../support/uploads.ts';

beforeEach(emptyTables);

const features = new Set<never>();
const file = artifactRequest({ sizeBytes: 1000 });

/** A job that the end of another one has handed over, and the call that announces its file. */
async function handedOver() {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ db });
  const ending = await makeLive(ctx);
  await ctx.db.update(jobs).set({ slot: 'slot-0' }).where(eq(jobs.id, ending.job.id));
  const caller = { ref: refOf(ending.job), features };
  const plan = await openFile(ctx, { ...caller, file });
  const stored = await putAll(ctx, ending, plan, someBytes(1000));
  const { id } = await makeJob(ctx, { workspaceId: ending.job.workspaceId });
  const next = { capacity: 4, kinds: JobKind.options };
  const report = { ...stored, completed: { warnings: [] }, next };
  await completeUpload(ctx, { ...caller, placementId: plan.placementId, report });
  const readLive = async () => attemptOf((await ctx.db.select().from(jobs).where(eq(jobs.id, id)))[0]!);
  const live = await readLive();
  const announce = () => openFile(ctx, { ref: refOf(live.job), features, file });
  return {
    ctx,
    live,
    announce,
    costOf,
    change: (values: object) => ctx.db.update(jobs).set(values).where(eq(jobs.id, id)),
  };
}

it('is announced in one call of D1, and a repeated call reads it and gets the same upload', async () => {
  const { ctx, live, announce, costOf } = await handedOver();
  expect((await costOf(announce)).calls).toBe(1);
  const [placement, ...others] = await placementsOf(ctx, live);
  expect(others).toEqual([]);
  expect(await announce()).toMatchObject({ placementId: placement?.id });
  expect(await placementsOf(ctx, live)).toHaveLength(1);
});

it.each([
  ['cancel_requested', { cancelRequestedAt: 1 }],
  ['stale', { attempt: 2 }],
  ['stale', { status: 'queued', slot: null }],
])('is refused with %s when its job has changed since: %j', async (code, values) => {
  const { ctx, live, announce, change } = await handedOver();
  await change(values);
  await expect(announce()).rejects.toMatchObject({ code });
  expect(await placementsOf(ctx, live)).toEqual([]);
});

it('gets the upload that a call elsewhere has begun meanwhile', async () => {
  const { ctx, live, announce } = await handedOver();
  const elsewhere = await openPlacement(ctx, { live, file });
  expect(await announce()).toMatchObject({ placementId: elsewhere.placementId });
  expect(await placementsOf(ctx, live)).toHaveLength(1);
});

it('is read when it comes later', async () => {
  const { ctx, announce, costOf } = await handedOver();
  const { now } = ctx;
  ctx.now = () => now() + 5_000;
  expect((await costOf(announce)).calls).toBe(2);
});

it.skipIf(s3 === null)(
  'goes to the settings of this moment, not to those that the job before it has used',
  async () => {
    const ctx = makeCustomerCtx();
    const workspaceId = await makeCustomer(ctx);
    const ending = await makeLive(ctx, { store: true }, workspaceId);
    const caller = { ref: refOf(ending.job), features };
    const plan = await openFile(ctx, { ...caller, file });
    const stored = await sendAll(ctx, ending, plan, someBytes(1000));
    const { id } = await makeJob(ctx, { workspaceId, request: { ...ending.job.request } });
    const report = { ...stored, completed: { warnings: [] }, next: { capacity: 4, kinds: JobKind.options } };
    await completeUpload(ctx, { ...caller, placementId: plan.placementId, report });
    await deleteDestination(ctx, { workspaceId, actor: { type: 'system', id: 'test' } });
    const next = await openFile(ctx, { ref: { jobId: id, attempt: 1 }, features, file });
    expect([plan.storage, next.storage]).toEqual(['destination', 'service']);
  },
);
