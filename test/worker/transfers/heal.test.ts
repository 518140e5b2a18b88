import { beforeEach, describe, expect, it } from 'vitest';
import { eq } from 'drizzle-orm';
import { placements } from '../../../worker/db/tables/artifacts.ts';
import { destinations } from '../../../worker/db/tables/destinations.ts';
import { events } from '../../../worker/db/tables/events.ts';
import { ledger } from '../../../worker/db/tables/ledger.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { makeCommand } from '../../../worker/jobs/dispatch-job.ts';
import { getJob } from '../../../worker/jobs/details/get-job.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { retryTransfersTo } from '../../../worker/transfers/due-transfers.ts';
import { toImportView } from '../../../worker/views/import-view.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';
import { makeWorkspace } from '../support/rows.ts';
import {
  claimStore,
  DAY_MS,
  fail,
  FACTS,
  makeDestination,
  makeImported,
  OFFLINE,
  readJob,
  storesOf,
  succeed,
  transferOf,
} from './imported.ts';
import { makeEndpoint } from '../webhooks/receiver.ts';

const MINUTE_MS = 60_000;
let ctx: TestCtx;
let workspaceId: string;
let destinationId: string;

beforeEach(async () => {
  await emptyTables();
  ctx = makeCtx(OFFLINE);
  workspaceId = await makeWorkspace(ctx);
  destinationId = (await makeDestination(ctx, workspaceId)).id;
});

const viewOf = async (jobId: string) => toImportView(ctx, await getJob(ctx, { workspaceId, jobId }));
const sweepAfter = async (ms: number) => {
  ctx.clock.advance(ms);
  await sweep(ctx);
};

describe('a fallback', () => {
  it('queues a transfer when the import completes', async () => {
    const job = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    expect(await transferOf(ctx, job.id)).toMatchObject({
      destinationId,
      workspaceId,
      reason: 'fallback',
      status: 'waiting',
      nextAt: ctx.now() + MINUTE_MS,
    });
    expect(await viewOf(job.id)).toMatchObject({
      storage: { status: 'fallback', error: { code: 'storage_unavailable' } },
    });
  });

  it('is shown while the unfinished upload in the bucket cannot be removed', async () => {
    const job = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    const refusal = eq(placements.destinationId, destinationId);
    await ctx.db.update(placements).set({ status: 'open' }).where(refusal);
    expect(await viewOf(job.id)).toMatchObject({ storage: { status: 'fallback' } });
  });

  it('is not queued when nothing was refused, or when the destination was deleted', async () => {
    const plain = await makeImported(ctx, { workspaceId });
    await ctx.db.delete(destinations).where(eq(destinations.id, destinationId));
    const deleted = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    expect(await transferOf(ctx, plain.id)).toBeUndefined();
    expect(await transferOf(ctx, deleted.id)).toBeUndefined();
  });

  it('is stored by one job after a minute, from the copy, with the options of the import', async () => {
    const request = { storagePath: 'videos', storageFilename: 'one' };
    const job = await makeImported(ctx, { workspaceId, refusedBy: destinationId, request });
    await sweepAfter(MINUTE_MS - 1);
    expect(await storesOf(ctx, job.id)).toEqual([]);
    await sweepAfter(1);
    await sweep(ctx);
    const [store, ...more] = await storesOf(ctx, job.id);
    expect(more).toEqual([]);
    expect(store).toMatchObject({
      kind: 'store',
      status: 'queued',
      workspaceId,
      request: { ...request, store: true, storageDestination: 'default' },
    });
    const { job: claimed } = await claimStore(ctx);
    expect(await makeCommand(ctx, { slot: 'slot-0', job: claimed })).toMatchObject({
      kind: 'store',
      jobId: store!.id,
      source: {
        kind: 'stored',
        url: expect.stringMatching(new RegExp(`/internal/jobs/${store!.id}/source$`)),
        title: 'clip',
        extension: 'mp4',
        contentType: 'video/mp4',
        sizeBytes: 1000,
        checksums: { crc32: 'AAAAAA==', sha256: 'a'.repeat(64) },
        facts: FACTS,
      },
    });
  });

  it('shows the new place, costs nothing and sends one event about the import when it is stored', async () => {
    await makeEndpoint(ctx, workspaceId, {
      events: ['import.completed', 'import.stored', 'store.completed'],
    });
    const job = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    await sweepAfter(MINUTE_MS);
    const store = await succeed(ctx, destinationId, 'videos/clip.mp4');
    expect(store).toMatchObject({ status: 'completed', costMicrodollars: 0 });
    const storage = { status: 'stored', bucket: 'bucket', key: 'videos/clip.mp4' };
    const url = 'https://bucket.example/videos/clip.mp4';
    expect(await viewOf(job.id)).toMatchObject({
      status: 'completed',
      mediaUrl: url,
      s3Storage: { url, bucket: 'bucket', key: 'videos/clip.mp4' },
      storage,
      costInMicrodollars: 3,
    });
    expect(await viewOf(store.id)).toMatchObject({ storeOf: job.id, storage, costInMicrodollars: 0 });
    expect((await ctx.db.select().from(ledger).where(eq(ledger.jobId, store.id)))[0]).toMatchObject({
      status: 'completed',
      bytes: 0,
      microdollars: 0,
    });
    expect(await transferOf(ctx, job.id)).toMatchObject({ status: 'stored', errorCode: null });
    await sweepAfter(DAY_MS);
    expect(await storesOf(ctx, job.id)).toHaveLength(1);
    const told = await ctx.db.select().from(events).where(eq(events.workspaceId, workspaceId));
    const types = told.map(({ jobId, type }) => `${type} ${jobId}`).toSorted((a, b) => a.localeCompare(b));
    expect(types).toEqual([
      `import.completed ${job.id}`,
      `import.stored ${job.id}`,
      `store.completed ${store.id}`,
    ]);
  });

  it('is retried after growing waits while the bucket refuses, without an event about the import', async () => {
    await makeEndpoint(ctx, workspaceId);
    const job = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    const waits: number[] = [];
    for (let tries = 0; tries < 12; tries++) {
      const { nextAt } = (await transferOf(ctx, job.id))!;
      await sweepAfter(nextAt - ctx.now());
      await fail(ctx);
      const after = (await transferOf(ctx, job.id))!;
      expect(after).toMatchObject({ status: 'waiting', errorCode: 'storage_access_denied' });
      waits.push(Math.round((after.nextAt - ctx.now()) / MINUTE_MS));
    }
    expect(waits.slice(0, 5)).toEqual([1, 2, 3, 6, 11]);
    // Seven eighths of six hours, by the fixed random number of the test.
    expect(waits.at(-1)).toBe(315);
    expect(await viewOf(job.id)).toMatchObject({ storage: { status: 'fallback' } });
    const told = await ctx.db.select().from(events).where(eq(events.jobId, job.id));
    expect(told.map(({ type }) => type)).toEqual(['import.completed']);
  });

  it('fails without a job when the copy has expired or the destination was deleted', async () => {
    const gone = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    await ctx.db.update(placements).set({ status: 'expired' }).where(eq(placements.jobId, gone.id));
    await sweepAfter(MINUTE_MS);
    expect(await transferOf(ctx, gone.id)).toMatchObject({ status: 'failed', errorCode: 'source_copy_gone' });
    const unset = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    await ctx.db.delete(destinations).where(eq(destinations.id, destinationId));
    await sweepAfter(MINUTE_MS);
    expect(await transferOf(ctx, unset.id)).toMatchObject({
      status: 'failed',
      errorCode: 'storage_not_configured',
    });
    expect(await storesOf(ctx, gone.id)).toEqual([]);
    expect(await storesOf(ctx, unset.id)).toEqual([]);
  });

  it.each(['source_copy_gone', 'source_copy_changed'] as const)('fails for good after %s', async (code) => {
    const job = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    await sweepAfter(MINUTE_MS);
    await fail(ctx, code);
    expect(await transferOf(ctx, job.id)).toMatchObject({ status: 'failed', errorCode: code });
  });

  it('is not retried when its store job was canceled', async () => {
    const job = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    await sweepAfter(MINUTE_MS);
    const [store] = await storesOf(ctx, job.id);
    await cancelJob(ctx, { workspaceId, jobId: store!.id });
    expect(await transferOf(ctx, job.id)).toMatchObject({ status: 'failed' });
  });

  it('keeps its store job when the downloader is lost', async () => {
    const job = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    await sweepAfter(MINUTE_MS);
    const { job: store } = await claimStore(ctx);
    await sweepAfter(MINUTE_MS);
    expect(await readJob(ctx, store.id)).toMatchObject({ status: 'queued', attempt: 1 });
    expect(await transferOf(ctx, job.id)).toMatchObject({ status: 'running', storeJobId: store.id });
  });
});

describe('many fallbacks', () => {
  const makeMany = (count: number, of = { workspaceId, destinationId }) =>
    Promise.all(
      Array.from({ length: count }, () =>
        makeImported(ctx, { workspaceId: of.workspaceId, refusedBy: of.destinationId }),
      ),
    );
  const alive = async (jobIds: { id: string }[]) => {
    const rows = await Promise.all(jobIds.map(({ id }) => transferOf(ctx, id)));
    return rows.filter((row) => row?.status === 'running').length;
  };

  it('start four at a time, and the next one when a job ends', async () => {
    const imports = await makeMany(6);
    await sweepAfter(MINUTE_MS);
    expect(await alive(imports)).toBe(4);
    await sweep(ctx);
    expect(await alive(imports)).toBe(4);
    await succeed(ctx, destinationId);
    expect(await alive(imports)).toBe(4);
  });

  it('of one workspace do not delay those of another', async () => {
    await makeMany(9);
    const other = await makeWorkspace(ctx);
    const { id } = await makeDestination(ctx, other);
    const theirs = await makeMany(1, { workspaceId: other, destinationId: id });
    await sweepAfter(MINUTE_MS);
    expect(await alive(theirs)).toBe(1);
  });

  it('become due soon when one of them was stored, or the settings were saved', async () => {
    const imports = await makeMany(2);
    await sweepAfter(MINUTE_MS);
    await fail(ctx);
    const [refused] = await Promise.all(imports.map(({ id }) => transferOf(ctx, id))).then((rows) =>
      rows.filter((row) => row?.status === 'waiting'),
    );
    await retryTransfersTo(ctx, destinationId);
    expect(await transferOf(ctx, refused!.importId)).toMatchObject({ nextAt: ctx.now() + 30_000 });
    ctx.clock.advance(20_000);
    await succeed(ctx, destinationId);
    expect(await transferOf(ctx, refused!.importId)).toMatchObject({ nextAt: ctx.now() + 10_000 });
  });

  it('keep their time when one of them was stored but they failed for a reason of their own', async () => {
    await makeMany(2);
    await sweepAfter(MINUTE_MS);
    const store = await fail(ctx, 'storage_object_exists');
    const { nextAt } = (await transferOf(ctx, store.storeOf!))!;
    await succeed(ctx, destinationId);
    expect(await transferOf(ctx, store.storeOf!)).toMatchObject({ status: 'waiting', nextAt });
  });

  it('record the last error of the upload to the destination', async () => {
    const job = await makeImported(ctx, { workspaceId, refusedBy: destinationId });
    expect(await transferOf(ctx, job.id)).toMatchObject({ errorCode: 'storage_unavailable' });
  });
});
