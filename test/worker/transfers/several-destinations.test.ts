/** The copies of an import with `storageDestinations`: each destination succeeds, fails and is repeated on its own. */
import { beforeEach, describe, expect, it } from 'vitest';
import { destinations } from '../../../worker/db/tables/destinations.ts';
import { eq } from 'drizzle-orm';
import { deleteFile } from '../../../worker/storage/copies/delete-file.ts';
import { getJob } from '../../../worker/jobs/details/get-job.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { toImportView } from '../../../worker/views/import-view.ts';
import { makePlacement } from '../support/rows.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import {
  claimStore,
  fail,
  makeDestination,
  makeImported,
  OFFLINE,
  storesOf,
  succeed,
  transferOf,
} from './imported.ts';

const NAMES = ['a', 'b'];
let api: TestApi;
let first: string;
let second: string;

beforeEach(async () => {
  await emptyTables();
  api = await makeApi(makeCtx(OFFLINE));
  first = await make('a');
  second = await make('b', { fallback: 'none' });
});

async function make(name: string, values: object = {}): Promise<string> {
  return (await makeDestination(api.ctx, api.workspaceId, { name, isDefault: false, ...values })).id;
}
const makeOne = (values: { refusedBy?: string; request?: object } = {}) =>
  makeImported(api.ctx, {
    workspaceId: api.workspaceId,
    ...values,
    request: { storageDestination: 'a', storageDestinations: NAMES, ...values.request },
  });
const viewOf = async (jobId: string) => {
  const details = await getJob(api.ctx, { workspaceId: api.workspaceId, jobId });
  return toImportView(api.ctx, details);
};

describe('the copies of an import with several destinations', () => {
  it('start with its end, each as a store job for one destination', async () => {
    const job = await makeOne();
    const requests = (await storesOf(api.ctx, job.id)).map(({ request }) => request);
    expect(new Set(requests.map(({ storageDestination }) => storageDestination))).toEqual(new Set(NAMES));
    for (const request of requests) expect(request).not.toHaveProperty('storageDestinations');
  });

  it('are not made without store', async () => {
    const job = await makeOne({ request: { store: false } });
    expect(await storesOf(api.ctx, job.id)).toEqual([]);
    expect(await viewOf(job.id)).toMatchObject({ storage: { status: 'service' } });
  });

  it('fail for one destination alone: without a fallback at once, else they are repeated until stored', async () => {
    const job = await makeOne();
    for (const _ of NAMES) await fail(api.ctx);
    const error = { code: 'storage_access_denied' };
    expect(await viewOf(job.id)).toMatchObject({
      status: 'completed',
      storage: {
        status: 'fallback',
        error,
        destinations: [
          { name: 'a', status: 'waiting', error, nextTryAt: expect.any(String) },
          { name: 'b', status: 'failed', error },
        ],
      },
    });
    api.ctx.clock.advance(3600_000);
    await sweep(api.ctx);
    await succeed(api.ctx, first, 'a/clip.mp4');
    const view = await viewOf(job.id);
    expect(view).toMatchObject({
      s3Storage: { key: 'a/clip.mp4' },
      storage: { status: 'stored', destinations: [{ name: 'a', status: 'stored' }, { status: 'failed' }] },
    });
    expect(await storesOf(api.ctx, job.id)).toHaveLength(3);
  });

  it('wait a minute where the upload of the import was refused', async () => {
    const job = await makeOne({ refusedBy: first });
    expect(await transferOf(api.ctx, job.id, first)).toMatchObject({
      status: 'waiting',
      reason: 'fallback',
      errorCode: 'storage_unavailable',
      nextAt: api.ctx.now() + 60_000,
    });
    expect(await transferOf(api.ctx, job.id, second)).toMatchObject({ status: 'running', errorCode: null });
  });

  it('are taken from another destination that can be read, once service storage has no copy', async () => {
    const job = await makeOne({ refusedBy: second });
    await succeed(api.ctx, first, 'a/clip.mp4');
    await deleteFile(api.ctx, { workspaceId: api.workspaceId, importId: job.id });
    const again = () => api.call('POST', `/imports/${job.id}/store`, { storageDestination: 'b' });
    expect(await (await again()).json()).toMatchObject({ code: 'source_copy_gone' });
    const readable = { learned: { canGetObject: true } };
    await api.ctx.db.update(destinations).set(readable).where(eq(destinations.id, first));
    expect((await again()).status).toBe(200);
    expect((await again()).status).toBe(200);
    const { job: store } = await claimStore(api.ctx);
    await makePlacement(api.ctx, store, { destinationId: second });
    expect(await viewOf(job.id)).toMatchObject({
      storage: { status: 'stored', destinations: [{ status: 'stored' }, { name: 'b', status: 'storing' }] },
    });
  });

  it('are not made for a destination that was deleted before the import ended', async () => {
    await api.ctx.db.delete(destinations).where(eq(destinations.id, second));
    const job = await makeOne();
    expect(await storesOf(api.ctx, job.id)).toHaveLength(1);
    expect(await viewOf(job.id)).toMatchObject({
      storage: { destinations: [{}, { status: 'failed', error: { code: 'storage_not_configured' } }] },
    });
  });

  it('are made at destinations of the workspace only', async () => {
    const other = await makeApi(api.ctx);
    const foreign = await makeDestination(api.ctx, other.workspaceId, { name: 'b' });
    const job = await makeOne();
    expect(await transferOf(api.ctx, job.id, foreign.id)).toBeUndefined();
  });

  it('show no location when storageReturnLocation is false', async () => {
    const job = await makeOne({ request: { storageReturnLocation: false } });
    const names = [await nameOfNext(), await nameOfNext()];
    expect(new Set(names)).toEqual(new Set(NAMES));
    const view = await viewOf(job.id);
    expect(view).not.toHaveProperty('s3Storage');
    expect(view).toMatchObject({
      storage: {
        status: 'stored',
        destinations: [
          { name: 'a', status: 'stored' },
          { name: 'b', status: 'stored' },
        ],
      },
    });
    expect(JSON.stringify(view)).not.toContain('"bucket"');
  });
});

/** Runs the next store job at its destination. */
async function nameOfNext(): Promise<string | undefined> {
  const [next] = await api.ctx.db.query.jobs.findMany({
    where: (row, { and, eq: is }) => and(is(row.kind, 'store'), is(row.status, 'queued')),
    orderBy: (row, { asc }) => [asc(row.runAfter), asc(row.id)],
  });
  const name = next!.request.storageDestination;
  await succeed(api.ctx, name === 'a' ? first : second, `${name}/clip.mp4`);
  return name;
}
