import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { mintAttemptToken } from '../../../../worker/attempts/attempt-token.ts';
import { createApp } from '../../../../worker/app.ts';
import { artifacts, placements } from '../../../../worker/db/tables/artifacts.ts';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { requireUploadAttempt } from '../../../../worker/jobs/require-upload-attempt.ts';
import type { UploadAttempt } from '../../../../worker/storage/uploads/upload-rules.ts';
import { completeJob } from '../../../../worker/jobs/complete-job.ts';
import { claimNext } from '../../../../worker/jobs/claim-next.ts';
import { requestStore } from '../../../../worker/transfers/request-store.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { findReferred } from '../../../../worker/storage/destinations/destinations.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { refOf } from '../../support/claimed.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import type { TestCtx } from '../../support/make-ctx.ts';
import {
  listUploads,
  makeCustomer,
  makeCustomerCtx,
  readObject,
  s3,
  sendAll,
  server,
  toSign,
} from '../../support/customer.ts';
import {
  artifactRequest,
  makeLive,
  placementsOf,
  putAll,
  someBytes,
  signFor,
} from '../../support/uploads.ts';

const code = (name: string) => expect.objectContaining({ code: name });
const BYTES = someBytes(300_077, 3);
const TITLE = 'AC/DC + ü & "50%" #1 🎸';
let ctx: TestCtx;
let workspaceId: string;

beforeEach(async () => {
  if (s3 === null) return;
  await emptyTables();
  ctx = makeCustomerCtx();
  workspaceId = await makeCustomer(ctx);
});

/** An import whose file is in service storage, as an import without `store` leaves it. */
async function makeStored(bytes = BYTES): Promise<string> {
  const live = await makeLive(ctx, { store: false }, workspaceId);
  const request = artifactRequest({ title: TITLE, sizeBytes: bytes.length });
  const plan = await openPlacement(ctx, { live, file: request });
  const body = await putAll(ctx, live, plan, bytes);
  await completePlacement(ctx, { live, placementId: plan.placementId, report: body });
  await completeJob(ctx, { ref: refOf(live.job), report: { warnings: [] } });
  return live.job.id;
}

/** The live attempt of a store job for the import. */
async function startStore(importId: string, choice = {}): Promise<UploadAttempt & { token: string }> {
  const destination = (await findReferred(ctx, { workspaceId }))!;
  await requestStore(ctx, { workspaceId, importId, destination, choice });
  const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
  const ref = refOf(job);
  return {
    ...(await requireUploadAttempt(ctx, { ref, features: new Set() })),
    token: await mintAttemptToken(ctx, ref),
  };
}

const readSource = (jobId: string, token: string, headers: Record<string, string> = {}) =>
  createApp(ctx).request(`/internal/jobs/${jobId}/source`, {
    headers: { Authorization: `Bearer ${token}`, ...headers },
  });

describe.skipIf(s3 === null)('a store job into a bucket on versitygw, with s3:PutObject alone', () => {
  it('stores an identical copy with the description of the import, not that of the downloader', async () => {
    const importId = await makeStored();
    const live = await startStore(importId, { storagePath: 'later' });
    const plan = await openPlacement(ctx, {
      live,
      file: artifactRequest({ title: 'another', extension: 'mp3', contentType: 'audio/mpeg' }),
    });
    expect(plan).toMatchObject({ storage: 'destination', kind: 'multipart' });
    const body = await sendAll(ctx, live, plan, BYTES);
    expect(await completePlacement(ctx, { live, placementId: plan.placementId, report: body })).toEqual({
      outcome: 'stored',
    });
    const object = await readObject(`later/${TITLE.replace('/', '-')}.mp4`);
    expect(object!.bytes.length).toBe(BYTES.length);
    expect(object!.headers.get('content-type')).toBe('video/mp4');
    const [file] = await ctx.db.select().from(artifacts).where(eq(artifacts.jobId, live.job.id));
    const [imported] = await ctx.db.select().from(artifacts).where(eq(artifacts.jobId, importId));
    const { id: _id, jobId: _jobId, createdAt: _createdAt, ...same } = imported!;
    expect(file).toMatchObject({ ...same, attempt: 1 });
  });

  it('completes no object whose bytes differ from the import', async () => {
    const live = await startStore(await makeStored());
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    const wrong = BYTES.slice();
    wrong[100]! ^= 1;
    const body = await sendAll(ctx, live, plan, wrong);
    await expect(
      completePlacement(ctx, { live, placementId: plan.placementId, report: body }),
    ).rejects.toThrow(code('source_copy_changed'));
    expect(await readObject(`${TITLE.replace('/', '-')}.mp4`)).toBeNull();
  });

  it('signs no single PUT whose bytes differ from the import', async () => {
    await ctx.db
      .update(destinations)
      .set({ learned: { checksCrc32: true, regions: { [server().bucket]: server().region } } });
    const bytes = someBytes(5000);
    const live = await startStore(await makeStored(bytes), { storageFilename: 'small' });
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    expect(plan).toMatchObject({ kind: 'single', digest: 'crc32' });
    const wrong = await toSign(1, someBytes(5000, 2), 'crc32');
    await expect(
      signFor(ctx, { live, placementId: plan.placementId, parts: [wrong], token: 'token' }),
    ).rejects.toThrow(code('source_copy_changed'));
    await sendAll(ctx, live, plan, bytes);
    expect((await readObject('small.mp4'))!.bytes).toEqual(bytes);
  });

  it('fails instead of falling back, because the service already has the file', async () => {
    const importId = await makeStored();
    const live = await startStore(importId);
    await ctx.db.update(destinations).set({ bucket: 'no-such-bucket' });
    await expect(openPlacement(ctx, { live, file: artifactRequest() })).rejects.toThrow(
      code('storage_bucket_not_found'),
    );
    expect(await placementsOf(ctx, live)).toEqual([]);
    await ctx.db.update(destinations).set({ bucket: server().bucket });
    const plan = await openPlacement(ctx, { live, file: artifactRequest() });
    const failure = { code: 'storage_unavailable' as const };
    expect(await abortPlacement(ctx, { live, placementId: plan.placementId, failure })).toEqual({
      plan: null,
    });
    expect((await placementsOf(ctx, live)).every(({ destinationId }) => destinationId !== null)).toBe(true);
  });

  it('fails when its destination was deleted', async () => {
    const live = await startStore(await makeStored());
    await ctx.db.delete(destinations);
    await expect(openPlacement(ctx, { live, file: artifactRequest() })).rejects.toThrow(
      code('storage_not_configured'),
    );
  });
});

describe.skipIf(s3 === null)('a destination without fallback', () => {
  it('fails an import with the code of the storage, at the start and in the middle', async () => {
    await ctx.db.update(destinations).set({ fallback: 'none', bucket: 'no-such-bucket' });
    const live = await makeLive(ctx, { store: true }, workspaceId);
    await expect(openPlacement(ctx, { live, file: artifactRequest() })).rejects.toThrow(
      code('storage_bucket_not_found'),
    );
    await ctx.db.update(destinations).set({ bucket: server().bucket });
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ title: 'none' }) });
    const failure = { code: 'storage_access_denied' as const };
    expect(await abortPlacement(ctx, { live, placementId: plan.placementId, failure })).toEqual({
      plan: null,
    });
    const rows = await placementsOf(ctx, live);
    expect(rows.filter(({ destinationId }) => destinationId === null)).toEqual([]);
  });

  it('still repeats a lost upload once', async () => {
    await ctx.db.update(destinations).set({ fallback: 'none' });
    const live = await makeLive(ctx, { store: true }, workspaceId);
    const plan = await openPlacement(ctx, { live, file: artifactRequest({ title: 'lost' }) });
    const failure = { code: 'storage_upload_lost' as const };
    expect((await abortPlacement(ctx, { live, placementId: plan.placementId, failure })).plan).toMatchObject({
      storage: 'destination',
    });
    expect(await listUploads()).not.toEqual([]);
  });
});

describe.skipIf(s3 === null)('the source of a store job', () => {
  it('is the copy in service storage, whole or in ranges, only for its attempt', async () => {
    const { job, token } = await startStore(await makeStored());
    const whole = await readSource(job.id, token);
    expect(whole.status).toBe(200);
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(BYTES);
    const range = await readSource(job.id, token, { Range: 'bytes=5-9' });
    expect(range.status).toBe(206);
    expect(range.headers.get('etag')).toBe(whole.headers.get('etag'));
    expect(new Uint8Array(await range.arrayBuffer())).toEqual(BYTES.slice(5, 10));
    expect((await readSource(job.id, 'forged')).status).toBe(401);
    await ctx.db.update(jobs).set({ attempt: 2 }).where(eq(jobs.id, job.id));
    expect((await readSource(job.id, token)).status).toBe(409);
  });

  it('is a link to the bucket when only the bucket has the file and the test could read it', async () => {
    const importId = await makeStored();
    const first = await startStore(importId);
    const plan = await openPlacement(ctx, { live: first, file: artifactRequest() });
    const body = await sendAll(ctx, first, plan, BYTES);
    await completePlacement(ctx, { live: first, placementId: plan.placementId, report: body });
    await completeJob(ctx, { ref: refOf(first.job), report: { warnings: [] } });
    const { accessKeyId, secretAccessKey } = server();
    // The administrator may read; the user of the settings may only put.
    const admin = await makeCustomer(ctx, { accessKeyId, secretAccessKey });
    const [row] = await ctx.db.select().from(destinations).where(eq(destinations.workspaceId, admin));
    await ctx.db
      .update(destinations)
      .set({ learned: { canGetObject: true } })
      .where(eq(destinations.id, row!.id));
    await ctx.db.update(placements).set({ destinationId: row!.id }).where(eq(placements.jobId, first.job.id));
    const second = await startStore(importId, { storageFilename: 'again' });
    await ctx.db.update(placements).set({ status: 'expired' }).where(eq(placements.jobId, importId));
    const answer = await readSource(second.job.id, second.token);
    expect(answer.status).toBe(307);
    const location = answer.headers.get('location')!;
    expect(location).not.toContain(secretAccessKey);
    const object = await fetch(location);
    expect(new Uint8Array(await object.arrayBuffer())).toEqual(BYTES);
    expect((await fetch(location, { method: 'PUT', body: 'x' })).status).toBe(403);
  });

  it('is missing when there is no copy, and is not available to other jobs', async () => {
    const importId = await makeStored();
    const { job, token } = await startStore(importId);
    await ctx.db.update(placements).set({ status: 'expired' }).where(eq(placements.jobId, importId));
    const gone = await readSource(job.id, token);
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({ code: 'source_copy_gone' });
    const live = await makeLive(ctx, {}, workspaceId);
    const importToken = await mintAttemptToken(ctx, refOf(live.job));
    expect((await readSource(live.job.id, importToken)).status).toBe(404);
    expect((await readSource(job.id, importToken)).status).toBe(401);
  });
});
