/** Imports with `storageDestinations` into real storage: where the upload goes, and where the copies come from. */
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../../worker/app.ts';
import { mintAttemptToken } from '../../../../worker/attempts/attempt-token.ts';
import { destinations } from '../../../../worker/db/tables/destinations.ts';
import { ledger } from '../../../../worker/db/tables/ledger.ts';
import type { ImportRequest } from '../../../../worker/contract/api/import-request.ts';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import { claimNext } from '../../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../../worker/jobs/complete-job.ts';
import { getJob } from '../../../../worker/jobs/get-job.ts';
import { requireUploadAttempt } from '../../../../worker/jobs/require-upload-attempt.ts';
import { deleteDestination } from '../../../../worker/storage/destinations/destinations.ts';
import { saveDestination } from '../../../../worker/storage/destinations/save-destination.ts';
import { abortPlacement } from '../../../../worker/storage/uploads/abort-placement.ts';
import { completePlacement } from '../../../../worker/storage/uploads/complete-placement.ts';
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import type { UploadAttempt } from '../../../../worker/storage/uploads/upload-rules.ts';
import { toImportView } from '../../../../worker/views/import-view.ts';
import { makeClaimed, refOf } from '../../support/claimed.ts';
import { makeCustomerCtx, readObject, s3, sendAll, server } from '../../support/customer.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import type { TestCtx } from '../../support/make-ctx.ts';
import { makeWorkspace } from '../../support/rows.ts';
import { artifactRequest, attemptOf, placementsOf, putAll, someBytes } from '../../support/uploads.ts';
import { storesOf } from '../../transfers/imported.ts';
import { admin, keyOf, newTitle } from './customer-upload.ts';

const BYTES = someBytes(200_000, 7);
const WRONG = { secretAccessKey: 'wrong' };
let ctx: TestCtx;
let workspaceId: string;
let title: string;

beforeEach(async () => {
  if (s3 === null) return;
  await emptyTables();
  ctx = makeCustomerCtx();
  workspaceId = await makeWorkspace(ctx);
  title = newTitle();
});

/** A destination with a folder of its own. With `canRead`, a test has read an object back. */
async function save(name: string, values: Partial<DestinationInput> & { canRead?: boolean } = {}) {
  const { canRead = false, ...settings } = values;
  const { endpoint, region, bucket, putOnly } = server();
  const keys = canRead ? admin() : putOnly;
  const input = { endpoint, region, bucket, ...keys, defaultPathPrefix: name, ...settings };
  await saveDestination(ctx, { workspaceId, name, input: DestinationInput.parse(input) });
  if (canRead)
    await ctx.db
      .update(destinations)
      .set({ learned: { canGetObject: true } })
      .where(eq(destinations.name, name));
}

async function makeLive(storageDestinations: string[], request: Partial<ImportRequest> = {}) {
  const [storageDestination] = storageDestinations;
  const url = 'https://media.example/clip.mp4';
  const { job } = await makeClaimed(ctx, {
    workspaceId,
    request: { url, store: true, storageDestination, storageDestinations, ...request },
    startedAt: ctx.now(),
  });
  return attemptOf(job);
}
const makeImport = (...names: string[]) => makeLive(names);
const open = (live: UploadAttempt) => openPlacement(ctx, { live, file: artifactRequest({ title }) });

/** Uploads by the plan, whatever its storage, and completes the job. */
async function finish(live: UploadAttempt, plan: Awaited<ReturnType<typeof open>>) {
  const upload = plan.storage === 'service' ? putAll : sendAll;
  const report = await upload(ctx, live, plan, BYTES);
  const answer = await completePlacement(ctx, { live, placementId: plan.placementId, report });
  expect(answer).toEqual({ outcome: 'stored' });
  await completeJob(ctx, { ref: refOf(live.job), report: { warnings: [] } });
}

/** Runs the next store job: reads the copy as the downloader does, and uploads what it read. */
async function runStore() {
  const job = (await claimNext(ctx, { slot: 'slot-0' }))!;
  expect(job.kind).toBe('store');
  const ref = refOf(job);
  const live = await requireUploadAttempt(ctx, ref);
  const headers = { Authorization: `Bearer ${await mintAttemptToken(ctx, ref)}` };
  const source = await createApp(ctx).request(`/internal/jobs/${job.id}/source`, { headers });
  const location = source.headers.get('location');
  const copy = location === null ? source : await fetch(location);
  expect(new Uint8Array(await copy.arrayBuffer())).toEqual(BYTES);
  const plan = await openPlacement(ctx, { live, file: artifactRequest() });
  await finish(live, plan);
  return location === null ? 'service' : 'destination';
}

const viewOf = async ({ job }: UploadAttempt) =>
  toImportView(ctx, await getJob(ctx, { workspaceId, jobId: job.id }));
const objectOf = async (name: string) => (await readObject(keyOf(title, `${name}/`)))?.bytes;

describe.skipIf(s3 === null)('an import with several destinations (versitygw)', () => {
  it('uploads to the first one if that can be read, and the others get copies of it at once', async () => {
    await save('first', { canRead: true });
    await save('second', { fallback: 'none' });
    const live = await makeImport('first', 'second');
    const plan = await open(live);
    expect(plan.storage).toBe('destination');
    await finish(live, plan);
    const first = { name: 'first', status: 'stored', bucket: server().bucket, key: keyOf(title, 'first/') };
    expect(await viewOf(live)).toMatchObject({
      s3Storage: { key: first.key },
      storage: { status: 'stored', destinations: [first, { name: 'second', status: 'storing' }] },
    });
    expect(await runStore()).toBe('destination');
    expect(await viewOf(live)).toMatchObject({
      s3Storage: { key: first.key },
      storage: {
        status: 'stored',
        key: first.key,
        destinations: [first, { name: 'second', status: 'stored', key: keyOf(title, 'second/') }],
      },
    });
    expect([await objectOf('first'), await objectOf('second')]).toEqual([BYTES, BYTES]);
    expect(await claimNext(ctx, { slot: 'slot-0' })).toBeNull();
    const bills = await ctx.db.select().from(ledger).where(eq(ledger.workspaceId, workspaceId));
    expect(bills).toHaveLength(2);
    expect(bills.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(BYTES.length);
    expect((await placementsOf(ctx, live)).map(({ destinationId }) => destinationId)).not.toContain(null);
  });

  it('goes through service storage if the first one can only be written, and all get copies of that', async () => {
    await save('first');
    await save('second');
    await save('third', { fallback: 'none' });
    const live = await makeImport('first', 'second', 'third');
    const plan = await open(live);
    expect(plan.storage).toBe('service');
    await finish(live, plan);
    const before = await viewOf(live);
    expect(before).toMatchObject({
      mediaUrl: expect.stringContaining('/media/'),
      storage: {
        status: 'service',
        reason: 'destination_not_readable',
        destinations: ['first', 'second', 'third'].map((name) => ({ name, status: 'storing' })),
      },
    });
    expect(before).not.toHaveProperty('s3Storage');
    const [kept] = await placementsOf(ctx, live);
    expect(kept!.expiresAt).toBe(ctx.now() + 30 * 24 * 3600_000);
    expect([await runStore(), await runStore(), await runStore()]).toEqual(['service', 'service', 'service']);
    for (const name of ['first', 'second', 'third']) expect(await objectOf(name)).toEqual(BYTES);
    expect(await viewOf(live)).toMatchObject({
      s3Storage: { key: keyOf(title, 'first/') },
      storage: { status: 'stored', destinations: [{}, { status: 'stored' }, { status: 'stored' }] },
    });
  });

  it('completes in the next one if the first refuses and allows no fallback; only the first fails', async () => {
    await save('first', { canRead: true, fallback: 'none', ...WRONG });
    await save('second', { canRead: true, fallback: 'none' });
    await save('third', { fallback: 'none' });
    const live = await makeImport('first', 'second', 'third');
    const plan = await open(live);
    expect(plan.storage).toBe('destination');
    expect(await open(live)).toEqual(plan);
    await finish(live, plan);
    expect(await runStore()).toBe('destination');
    const error = { code: 'storage_credentials_invalid' };
    const view = await viewOf(live);
    expect(view).toMatchObject({
      status: 'completed',
      mediaUrl: expect.stringContaining('second/'),
      storage: {
        status: 'fallback',
        error,
        destinations: [
          { name: 'first', status: 'failed', error },
          { name: 'second', status: 'stored' },
          { name: 'third', status: 'stored' },
        ],
      },
    });
    expect(view).not.toHaveProperty('s3Storage');
    expect(await storesOf(ctx, live.job.id)).toHaveLength(1);
    expect((await placementsOf(ctx, live)).map(({ destinationId }) => destinationId)).not.toContain(null);
  });

  it('fails when all of them refuse and none allows a fallback', async () => {
    await save('first', { canRead: true, fallback: 'none', ...WRONG });
    await save('second', { canRead: true, fallback: 'none', ...WRONG });
    const live = await makeImport('first', 'second');
    await expect(open(live)).rejects.toMatchObject({ code: 'storage_credentials_invalid' });
  });

  it.each([
    ['service storage, if another one allows that', {}, 'service'],
    ['the next one, if none allows service storage', { fallback: 'none' }, 'destination'],
  ] as const)('after the first died during the upload, goes to %s', async (_, second, storage) => {
    await save('first', { canRead: true, fallback: 'none' });
    await save('second', second);
    const live = await makeImport('first', 'second');
    const { placementId } = await open(live);
    const failure = { code: 'storage_unavailable' as const };
    const { plan } = await abortPlacement(ctx, { live, placementId, failure });
    expect(plan?.storage).toBe(storage);
    await finish(live, plan!);
    expect(await viewOf(live)).toMatchObject({
      status: 'completed',
      storage: { destinations: [{ name: 'first', status: 'failed', error: failure }, {}] },
    });
  });

  it('lets an object of the same name fail only its own place', async () => {
    await save('first', { canRead: true });
    await save('second');
    const one = await makeImport('first', 'second');
    await finish(one, await open(one));
    await runStore();
    const live = await makeLive(['first', 'second'], { storageConflict: 'fail' });
    const plan = await open(live);
    expect(plan.storage).toBe('service');
    await finish(live, plan);
    expect(await viewOf(live)).toMatchObject({
      status: 'completed',
      storage: { destinations: [{ status: 'failed', error: { code: 'storage_object_exists' } }, {}] },
    });
  });

  it('keeps the file out of service storage after its last destination was deleted, if that one wanted so', async () => {
    await save('first', { canRead: true });
    await save('second', { fallback: 'none' });
    const live = await makeImport('first', 'second');
    await deleteDestination(ctx, { workspaceId, name: 'first' });
    await deleteDestination(ctx, { workspaceId, name: 'second' });
    await expect(open(live)).rejects.toMatchObject({ code: 'storage_not_configured' });
  });

  it('shows a stored file also after its destination was deleted', async () => {
    await save('first', { canRead: true });
    await save('second');
    const live = await makeImport('first', 'second');
    await finish(live, await open(live));
    await runStore();
    await deleteDestination(ctx, { workspaceId, name: 'first' });
    await deleteDestination(ctx, { workspaceId, name: 'second' });
    expect(await viewOf(live)).toMatchObject({
      s3Storage: { key: keyOf(title, 'first/') },
      storage: {
        destinations: [
          { name: 'first', status: 'stored', key: keyOf(title, 'first/') },
          { name: 'second', status: 'stored', key: keyOf(title, 'second/') },
        ],
      },
    });
  });
});
