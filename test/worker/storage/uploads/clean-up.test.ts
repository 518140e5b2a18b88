import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ctx } from '../../../../worker/context.ts';
import type { LiveAttempt, PlacementRow } from '../../../../worker/db/rows.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { failJob } from '../../../../worker/jobs/fail-job.ts';
import { cleanUpAttempt } from '../../../../worker/storage/uploads/leftovers/clean-up-attempt.ts';
import { sweepStorage } from '../../../../worker/storage/uploads/leftovers/sweep-storage.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeJob, makePlacement } from '../../support/rows.ts';
import {
  listUploads,
  makeCustomer,
  makeCustomerCtx,
  readObject,
  s3,
  sendAll,
  server,
} from '../../support/customer.ts';
import { artifactRequest, makeLive, placementsOf, putAll, someBytes } from '../../support/uploads.ts';

beforeEach(emptyTables);

const DAY_MS = 24 * 3600_000;
const bytes = someBytes(1000);

async function makeUnfinished(ctx: Ctx, sizeBytes: number | null = null) {
  const live = await makeLive(ctx);
  const plan = await openPlacement(ctx, { live, file: artifactRequest({ sizeBytes }) });
  const body = await putAll(ctx, live, plan, bytes);
  return { live, plan, body, ref: { jobId: live.job.id, attempt: live.attempt } };
}

async function makeStored(ctx: Ctx) {
  const upload = await makeUnfinished(ctx, bytes.length);
  await completePlacement(ctx, {
    live: upload.live,
    placementId: upload.plan.placementId,
    report: upload.body,
  });
  return upload;
}

const move = (ctx: Ctx, live: LiveAttempt, values: Partial<typeof jobs.$inferInsert>) =>
  ctx.db.update(jobs).set(values).where(eq(jobs.id, live.job.id));

const only = async (ctx: Ctx, live: LiveAttempt): Promise<PlacementRow> =>
  (await placementsOf(ctx, live))[0]!;

async function expectGone(ctx: Ctx, live: LiveAttempt) {
  const { status, key, uploadId } = await only(ctx, live);
  expect(status).toBe('aborted');
  expect(await env.MEDIA.head(key)).toBeNull();
  if (uploadId === null) return;
  await expect(env.MEDIA.resumeMultipartUpload(key, uploadId).uploadPart(1, 'x')).rejects.toThrow('10024');
}

describe('cleaning up an attempt', () => {
  it.each([null, 1000])('removes its unfinished upload (size %s)', async (sizeBytes) => {
    const ctx = makeCtx();
    const { live, ref } = await makeUnfinished(ctx, sizeBytes);
    await move(ctx, live, { status: 'queued' });
    await cleanUpAttempt(ctx, ref);
    await expectGone(ctx, live);
    await cleanUpAttempt(ctx, ref);
    await expectGone(ctx, live);
  });

  it.each(['failed', 'canceled', 'queued'] as const)(
    'removes what a %s job had already stored',
    async (status) => {
      const ctx = makeCtx();
      const { live, ref } = await makeStored(ctx);
      await move(ctx, live, { status });
      await cleanUpAttempt(ctx, ref);
      await expectGone(ctx, live);
    },
  );

  it('keeps the file of a completed job, and removes what an earlier attempt of it left', async () => {
    const ctx = makeCtx();
    const { live, ref } = await makeStored(ctx);
    await move(ctx, live, { status: 'completed' });
    await cleanUpAttempt(ctx, ref);
    expect((await only(ctx, live)).status).toBe('stored');
    await move(ctx, live, { attempt: 2 });
    await cleanUpAttempt(ctx, ref);
    await expectGone(ctx, live);
  });

  it('never changes a live attempt, canceled or not', async () => {
    const ctx = makeCtx();
    const { live, ref } = await makeUnfinished(ctx);
    await cleanUpAttempt(ctx, ref);
    await move(ctx, live, { cancelRequestedAt: 1 });
    await cleanUpAttempt(ctx, ref);
    expect((await only(ctx, live)).status).toBe('open');
  });

  it('does not throw when storage fails: it logs the error and leaves the row for the sweep', async () => {
    const media = { resumeMultipartUpload: () => ({ abort: () => Promise.reject(new Error('R2 is down')) }) };
    const ctx = makeCtx();
    const { live, ref } = await makeUnfinished(ctx);
    await move(ctx, live, { status: 'failed' });
    const broken = makeCtx({ media: media as unknown as R2Bucket });
    await cleanUpAttempt(broken, ref);
    expect(broken.lines).toEqual([
      expect.objectContaining({ level: 'error', event: 'storage.discard_failed' }),
    ]);
    expect((await only(ctx, live)).status).toBe('open');
    await sweepStorage(ctx, { ended: [] });
    await expectGone(ctx, live);
  });

  it('does not hold up the report that ended the attempt while the storage is silent', async () => {
    const ctx = makeCtx();
    const { live, ref } = await makeUnfinished(ctx);
    const answer = Promise.withResolvers<void>();
    const media = { resumeMultipartUpload: () => ({ abort: () => answer.promise }) };
    const silent = makeCtx({ media: media as unknown as R2Bucket });
    const report = { failure: { code: 'source_truncated' as const }, source: null };
    expect(await failJob(silent, { ref, report })).toEqual({ directive: 'continue' });
    expect(silent.rings.length).toBeGreaterThan(0);
    expect((await only(ctx, live)).status).toBe('open');
    answer.resolve();
    await silent.settled();
    expect((await only(ctx, live)).status).toBe('aborted');
  });

  it('does nothing for a job that does not exist', async () => {
    const ctx = makeCtx();
    await cleanUpAttempt(ctx, { jobId: ctx.newId(), attempt: 1 });
    expect(ctx.lines).toEqual([]);
  });
});

describe('the sweep', () => {
  it('removes unfinished uploads of ended attempts, and none of a live one', async () => {
    const ctx = makeCtx();
    const [dead, older, live] = [
      await makeUnfinished(ctx),
      await makeUnfinished(ctx),
      await makeUnfinished(ctx),
    ];
    await move(ctx, dead.live, { status: 'failed' });
    await move(ctx, older.live, { attempt: 2 });
    await sweepStorage(ctx, { ended: [] });
    await expectGone(ctx, dead.live);
    await expectGone(ctx, older.live);
    expect((await only(ctx, live.live)).status).toBe('open');
    const again = await putAll(ctx, live.live, live.plan, bytes);
    expect(
      await completePlacement(ctx, { live: live.live, placementId: live.plan.placementId, report: again }),
    ).toEqual({
      outcome: 'stored',
    });
  });

  it('deletes objects at the end of their retention, not before', async () => {
    const ctx = makeCtx();
    const { live } = await makeStored(ctx);
    await move(ctx, live, { status: 'completed' });
    ctx.clock.advance(7 * DAY_MS - 1);
    await sweepStorage(ctx, { ended: [] });
    const stored = await only(ctx, live);
    expect(stored.status).toBe('stored');
    expect(await env.MEDIA.head(stored.key)).not.toBeNull();
    ctx.clock.advance(1);
    await sweepStorage(ctx, { ended: [] });
    expect((await only(ctx, live)).status).toBe('expired');
    expect(await env.MEDIA.head(stored.key)).toBeNull();
  });

  it('deletes more expired files than one statement reads', async () => {
    const ctx = makeCtx();
    const job = await makeJob(ctx, { status: 'completed', attempt: 1 });
    const first = await makePlacement(ctx, job, { expiresAt: 1 });
    for (let index = 1; index < 120; index++) {
      await makePlacement(ctx, job, { artifactId: first.artifactId, key: `k/${index}`, expiresAt: 1 });
    }
    await sweepStorage(ctx, { ended: [] });
    const rows = await ctx.db.query.placements.findMany({ where: (row) => eq(row.jobId, job.id) });
    expect(rows.filter((row) => row.status === 'expired')).toHaveLength(120);
  });

  it('is not delayed by an upload that cannot be removed, and gives it up after a day with a warning', async () => {
    const ctx = makeCtx();
    const { live } = await makeUnfinished(ctx);
    await move(ctx, live, { status: 'failed' });
    const media = { resumeMultipartUpload: () => ({ abort: () => Promise.reject(new Error('R2 is down')) }) };
    const broken = makeCtx({ media: media as unknown as R2Bucket });
    await sweepStorage(broken, { ended: [] });
    expect((await only(ctx, live)).status).toBe('open');
    broken.clock.advance(DAY_MS + 1000);
    await sweepStorage(broken, { ended: [] });
    expect((await only(ctx, live)).status).toBe('aborted');
  });
});

describe.skipIf(s3 === null)("leftovers in the customer's bucket (versitygw)", () => {
  const admin = () => {
    const { accessKeyId, secretAccessKey } = server();
    return { accessKeyId, secretAccessKey };
  };

  async function makeUpload(settings: Parameters<typeof makeCustomer>[1] = {}) {
    const ctx = makeCustomerCtx();
    const live = await makeLive(ctx, { store: true }, await makeCustomer(ctx, settings));
    const title = `left over ${live.job.id}`;
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ title }) });
    const body = await sendAll(ctx, live, plan, bytes);
    return { ctx, live, plan, body, key: `${title}.mp4`, ref: { jobId: live.job.id, attempt: 1 } };
  }

  it('is aborted with the attempt', async () => {
    const { ctx, live, ref } = await makeUpload(admin());
    const { uploadId } = await only(ctx, live);
    expect(await listUploads()).toContain(uploadId);
    await move(ctx, live, { status: 'failed' });
    await cleanUpAttempt(ctx, ref);
    expect(await listUploads()).not.toContain(uploadId);
    expect((await only(ctx, live)).status).toBe('aborted');
  });

  it('is named in a warning, once, when it may not be aborted', async () => {
    const { ctx, live, ref } = await makeUpload();
    await move(ctx, live, { status: 'failed', warnings: ['another'] });
    await cleanUpAttempt(ctx, ref);
    await cleanUpAttempt(ctx, ref);
    const job = await ctx.db.query.jobs.findFirst({ where: (row) => eq(row.id, live.job.id) });
    expect(job!.warnings).toEqual(['another', expect.stringContaining('s3:AbortMultipartUpload')]);
    expect((await only(ctx, live)).status).toBe('aborted');
  });

  it('is deleted when the job was canceled after it was stored, if that is permitted', async () => {
    const { ctx, live, plan, body, key, ref } = await makeUpload(admin());
    await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
    expect(await readObject(key)).not.toBeNull();
    await move(ctx, live, { status: 'canceled' });
    await cleanUpAttempt(ctx, ref);
    expect(await readObject(key)).toBeNull();
  });

  it('stays when a completed job shows it', async () => {
    const { ctx, live, plan, body, key, ref } = await makeUpload(admin());
    await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
    await move(ctx, live, { status: 'completed' });
    await cleanUpAttempt(ctx, ref);
    expect(await readObject(key)).not.toBeNull();
  });

  it('stays when the canceled job had replaced an object that a completed job shows', async () => {
    const { ctx, live, plan, body, key } = await makeUpload(admin());
    await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
    await move(ctx, live, { status: 'completed' });
    const again = await makeLive(ctx, { store: true, storageFilename: key }, live.job.workspaceId);
    const { placementId } = await openPlacement(ctx, { live: again, file: artifactRequest() });
    const next = { ...plan, placementId };
    const report = await sendAll(ctx, again, next, bytes);
    await completePlacement(ctx, { live: again, placementId, report });
    await move(ctx, again, { status: 'canceled' });
    await cleanUpAttempt(ctx, { jobId: again.job.id, attempt: 1 });
    expect((await only(ctx, again)).status).toBe('aborted');
    expect(await readObject(key)).not.toBeNull();
  });

  it("is not another's object that has the same name", async () => {
    const { ctx, live, key, ref } = await makeUpload(admin());
    const other = await makeLive(ctx, { store: true, storageFilename: key }, live.job.workspaceId);
    const plan = await openPlacement(ctx, { live: other, file: artifactRequest() });
    await completePlacement(ctx, {
      live: other,
      placementId: plan.placementId,
      report: await sendAll(ctx, other, plan, bytes),
    });
    await ctx.db.run(`UPDATE placements SET status = 'completing' WHERE job_id = '${live.job.id}'`);
    await move(ctx, live, { status: 'failed' });
    await cleanUpAttempt(ctx, ref);
    expect(await readObject(key)).not.toBeNull();
  });
});
