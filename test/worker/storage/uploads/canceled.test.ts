/** What a job had stored when it was canceled at its last moment, and what could not be removed at once. */
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import type { Ctx } from '../../../../worker/context.ts';
import type { LiveAttempt } from '../../../../worker/db/rows.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { failJob } from '../../../../worker/jobs/fail-job.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { sweepStorage } from '../../../../worker/storage/uploads/leftovers/sweep-storage.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { makeCustomerCtx, readObject, s3, sendAll } from '../../support/customer.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import { artifactRequest, makeLive, placementsOf, putAll, someBytes } from '../../support/uploads.ts';
import { admin, keyOf, makeUpload } from './customer-upload.ts';

beforeEach(emptyTables);

/** Cancels the job, whose storage does not answer `ctx` when the attempt reports its end. */
async function cancelIn(ctx: TestCtx, live: LiveAttempt) {
  await ctx.db.update(jobs).set({ cancelRequestedAt: 1 }).where(eq(jobs.id, live.job.id));
  const ref = { jobId: live.job.id, attempt: live.attempt };
  const report = { failure: { code: 'canceled' as const }, source: null };
  expect(await failJob(ctx, { ref, report })).toEqual({ directive: 'continue' });
  await ctx.settled();
}

const statusOf = async (ctx: Ctx, live: LiveAttempt) => (await placementsOf(ctx, live))[0]?.status;

it('is deleted from service storage by the next sweep', async () => {
  const ctx = makeCtx();
  const live = await makeLive(ctx);
  const bytes = someBytes(1000);
  const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes: bytes.length }) });
  const report = await putAll(ctx, live, plan, bytes);
  await completePlacement(ctx, { live, placementId: plan.placementId, report });
  const fails = () => Promise.reject(new Error('R2 is down'));
  await cancelIn(makeCtx({ media: { delete: fails } as unknown as R2Bucket }), live);
  const { key } = (await placementsOf(ctx, live))[0]!;
  expect(await env.MEDIA.head(key)).not.toBeNull();
  await sweepStorage(ctx, { ended: [] });
  expect(await env.MEDIA.head(key)).toBeNull();
  expect(await statusOf(ctx, live)).toBe('aborted');
});

it.skipIf(s3 === null)("is deleted from the customer's bucket by the next sweep (versitygw)", async () => {
  const { ctx, live, title, bytes, open } = await makeUpload({}, admin());
  const plan = await open();
  const report = await sendAll(ctx, live, plan, bytes);
  await completePlacement(ctx, { live, placementId: plan.placementId, report });
  const key = keyOf(title);
  await cancelIn(makeCustomerCtx({ fetch: () => Promise.reject(new TypeError('no connection')) }), live);
  expect(await readObject(key)).not.toBeNull();
  await sweepStorage(ctx, { ended: [] });
  expect(await readObject(key)).toBeNull();
  expect(await statusOf(ctx, live)).toBe('aborted');
});
