import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { placements } from '../../../worker/db/tables/artifacts.ts';
import { destinations } from '../../../worker/db/tables/destinations.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { startRequestedStore } from '../../../worker/transfers/start-store-job.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';
import {
  fail,
  makeDestination,
  makeImported,
  OFFLINE,
  readJob,
  storesOf,
  succeed,
  transferOf,
} from './imported.ts';

let api: TestApi;
let destinationId: string;

beforeEach(async () => {
  await emptyTables();
  api = await makeApi(makeCtx(OFFLINE));
  destinationId = (await makeDestination(api.ctx, api.workspaceId)).id;
});

interface Answer {
  code?: string;
  field?: string;
  error?: string;
  data: { jobId: string; storeOf: string; status: string };
}
const ask = async (importId: string, body?: object) => {
  const response = await api.call('POST', `/imports/${importId}/store`, body);
  return { status: response.status, ...(await response.json<Answer>()) };
};
const makeOne = (request = {}, refusedBy?: string) =>
  makeImported(api.ctx, {
    workspaceId: api.workspaceId,
    request,
    ...(refusedBy !== undefined && { refusedBy }),
  });

describe('POST /imports/{id}/store', () => {
  it('starts a job at once, with the requested options in place of those of the import', async () => {
    const { id } = await makeOne({ storagePath: 'old', storageFilename: 'name' });
    const { status, data } = await ask(id, { storagePath: 'archive', storageClass: 'STANDARD' });
    expect(status).toBe(200);
    expect(data).toMatchObject({ storeOf: id, status: 'queued' });
    expect(await readJob(api.ctx, data.jobId)).toMatchObject({
      kind: 'store',
      storeOf: id,
      request: {
        store: true,
        storagePath: 'archive',
        storageFilename: 'name',
        storageClass: 'STANDARD',
        storageDestination: 'default',
      },
    });
    expect(api.ctx.rings.length).toBeGreaterThan(0);
  });

  it('needs no body, and does not apply the bucket and storage class of another destination', async () => {
    await makeDestination(api.ctx, api.workspaceId, { name: 'archive', isDefault: false });
    const { id } = await makeOne({ storageBucket: 'special', storageClass: 'GLACIER' });
    const same = await ask(id);
    const other = await ask(id, { storageDestination: 'archive' });
    expect((await readJob(api.ctx, same.data.jobId))!.request).toMatchObject({
      storageBucket: 'special',
      storageClass: 'GLACIER',
    });
    const { request } = (await readJob(api.ctx, other.data.jobId))!;
    expect(request).not.toHaveProperty('storageBucket');
    expect(request).not.toHaveProperty('storageClass');
    expect(request.storageDestination).toBe('archive');
  });

  it('accepts an empty body with the content type JSON', async () => {
    const { id } = await makeOne();
    const headers = { Authorization: `Bearer ${api.apiKey}`, 'Content-Type': 'application/json' };
    const answer = await api.anonymous(`/imports/${id}/store`, { method: 'POST', headers });
    expect(answer.status).toBe(200);
    const broken = { method: 'POST', headers, body: '{' };
    expect((await api.anonymous(`/imports/${id}/store`, broken)).status).toBe(400);
  });

  it('returns the same job while it runs, and a new one afterwards', async () => {
    const { id } = await makeOne();
    const first = await ask(id, { storagePath: 'a' });
    expect(await ask(id, { storagePath: 'a' })).toEqual(first);
    await succeed(api.ctx, destinationId);
    const second = await ask(id, { storagePath: 'a' });
    expect(second.data.jobId).not.toBe(first.data.jobId);
    expect(await storesOf(api.ctx, id)).toHaveLength(2);
  });

  it('returns the same job also for an import whose request has a list', async () => {
    const { id } = await makeOne({ videoCodec: ['av1', 'avc'] });
    const first = await ask(id);
    expect(await ask(id)).toEqual(first);
  });

  it('is refused while a job stores the import there with other options', async () => {
    const { id } = await makeOne();
    const { data } = await ask(id, { storagePath: 'a' });
    const answer = await ask(id, { storagePath: 'b' });
    expect(answer).toMatchObject({ status: 409, code: 'store_in_progress' });
    expect(answer.error).toContain(data.jobId);
  });

  it('starts one job for ten simultaneous calls', async () => {
    const { id } = await makeOne();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(id)));
    expect(new Set(answers.map(({ data }) => data.jobId)).size).toBe(1);
    expect(await storesOf(api.ctx, id)).toHaveLength(1);
    const importJob = (await readJob(api.ctx, id))!;
    const order = { importJob, destinationId, request: importJob.request };
    expect(await startRequestedStore(api.ctx, order)).toBeNull();
  });

  it('starts the transfer of a fallback early, and the fallback still waits when the job fails', async () => {
    const { id } = await makeOne({}, destinationId);
    await ask(id);
    await fail(api.ctx);
    expect(await transferOf(api.ctx, id)).toMatchObject({ status: 'waiting', reason: 'fallback' });
    await ask(id);
    await succeed(api.ctx, destinationId);
    expect(await transferOf(api.ctx, id)).toMatchObject({ status: 'stored' });
  });

  it('is tried once when no transfer existed before', async () => {
    const { id } = await makeOne();
    await ask(id);
    await fail(api.ctx);
    expect(await transferOf(api.ctx, id)).toMatchObject({ status: 'failed', reason: 'request' });
    api.ctx.clock.advance(24 * 3600_000);
    await sweep(api.ctx);
    expect(await storesOf(api.ctx, id)).toHaveLength(1);
  });

  it('can be canceled without a change to the import', async () => {
    const { id } = await makeOne();
    const { data } = await ask(id);
    const answer = await api.call('DELETE', `/imports/${data.jobId}`);
    expect((await answer.json<{ data: object }>()).data).toMatchObject({ status: 'canceled', storeOf: id });
    const read = await api.call('GET', `/import/status?id=${id}`);
    expect((await read.json<{ data: object }>()).data).toMatchObject({
      status: 'completed',
      storage: { status: 'service' },
    });
    expect(await readJob(api.ctx, id)).not.toHaveProperty('cancelRequestedAt', expect.any(Number));
    await expect(
      cancelJob(api.ctx, { workspaceId: api.workspaceId, jobId: data.jobId }),
    ).resolves.toMatchObject({ status: 'canceled' });
  });

  it.each([
    ['an unknown id', () => 'nobody', undefined, 404, 'job_not_found'],
    ['an unknown destination', () => makeOne(), { storageDestination: 'nowhere' }, 400, 'invalid_request'],
    ['a path that climbs', () => makeOne(), { storagePath: '../up' }, 400, 'invalid_request'],
    [
      'a path that climbs in disguise',
      () => makeOne(),
      { storagePath: 'a/%2e%2e/b' },
      400,
      'invalid_request',
    ],
    ['a mistyped field', () => makeOne(), { storagepath: 'a' }, 400, 'invalid_request'],
    ['a number', () => makeOne(), { storagePath: 7 }, 400, 'invalid_request'],
  ])('refuses %s', async (_, make, body, status, code) => {
    const made = await make();
    const id = typeof made === 'string' ? made : made.id;
    expect(await ask(id, body)).toMatchObject({ status, code });
    expect(await storesOf(api.ctx, id)).toEqual([]);
  });

  it('is refused for an unfinished import, for a store job, and for an import of another workspace', async () => {
    const queued = await makeJob(api.ctx, { workspaceId: api.workspaceId });
    expect(await ask(queued.id)).toMatchObject({ status: 409, code: 'import_not_completed' });
    const { data } = await ask((await makeOne()).id);
    expect(await ask(data.jobId)).toMatchObject({ status: 404, code: 'job_not_found' });
    const theirs = await makeImported(api.ctx, { workspaceId: await makeWorkspace(api.ctx) });
    expect(await ask(theirs.id)).toMatchObject({ status: 404, code: 'job_not_found' });
  });

  it('is refused when no copy is left, but reads a copy in a bucket that permits reads', async () => {
    const { id } = await makeOne();
    await ask(id);
    await succeed(api.ctx, destinationId);
    await api.ctx.db.update(placements).set({ status: 'expired' }).where(eq(placements.jobId, id));
    const archive = { name: 'archive', isDefault: false };
    await makeDestination(api.ctx, api.workspaceId, archive);
    const body = { storageDestination: 'archive' };
    expect(await ask(id, body)).toMatchObject({ status: 404, code: 'source_copy_gone' });
    const learned = { canGetObject: true };
    await api.ctx.db.update(destinations).set({ learned }).where(eq(destinations.id, destinationId));
    expect(await ask(id, body)).toMatchObject({ status: 200 });
  });
});
