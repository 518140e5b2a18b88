import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { placements } from '../../../worker/db/tables/artifacts.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeWorkspace } from '../support/rows.ts';
import { fail, makeDestination, makeImported, OFFLINE, storesOf, succeed, transferOf } from './imported.ts';

let api: TestApi;
let destinationId: string;

beforeEach(async () => {
  await emptyTables();
  api = await makeApi(makeCtx(OFFLINE));
  destinationId = (await makeDestination(api.ctx, api.workspaceId)).id;
});

const call = async (method: string, body?: object) => {
  const response = await api.call(method, '/storage/migrate', body);
  const answer = await response.json<{ data?: object; code?: string }>();
  return answer.data ?? { status: response.status, code: answer.code };
};
const makeMany = (count: number) =>
  Promise.all(Array.from({ length: count }, () => makeImported(api.ctx, { workspaceId: api.workspaceId })));
const NOTHING = { total: 0, done: 0, failed: 0, remaining: 0 };

describe('/storage/migrate', () => {
  it('copies every file in service storage to the bucket, a few at a time', async () => {
    const imports = await makeMany(5);
    const theirs = await makeImported(api.ctx, { workspaceId: await makeWorkspace(api.ctx) });
    expect(await call('GET')).toEqual(NOTHING);
    expect(await call('POST')).toEqual({ total: 5, done: 0, failed: 0, remaining: 5 });
    for (let done = 1; done <= 5; done++) {
      await succeed(api.ctx, destinationId, `${done}.mp4`);
      expect(await call('GET')).toEqual({ total: 5, done, failed: 0, remaining: 5 - done });
    }
    for (const { id } of imports) {
      expect(await storesOf(api.ctx, id)).toHaveLength(1);
      const status = await api.call('GET', `/import/status?id=${id}`);
      expect((await status.json<{ data: object }>()).data).toMatchObject({ storage: { status: 'stored' } });
    }
    expect(await storesOf(api.ctx, theirs.id)).toEqual([]);
  });

  it('counts permanent failures, and retries them when it is requested again', async () => {
    const [one] = await makeMany(1);
    await call('POST');
    await fail(api.ctx);
    expect(await call('GET')).toEqual({ total: 1, done: 0, failed: 1, remaining: 0 });
    api.ctx.clock.advance(24 * 3600_000);
    await sweep(api.ctx);
    expect(await storesOf(api.ctx, one!.id)).toHaveLength(1);
    expect(await call('POST')).toEqual({ total: 1, done: 0, failed: 0, remaining: 1 });
    await succeed(api.ctx, destinationId);
    expect(await call('GET')).toEqual({ total: 1, done: 1, failed: 0, remaining: 0 });
  });

  it('includes fallbacks, which wait for a retry when they fail', async () => {
    const { id } = await makeImported(api.ctx, { workspaceId: api.workspaceId, refusedBy: destinationId });
    expect(await call('POST')).toEqual({ total: 1, done: 0, failed: 0, remaining: 1 });
    await fail(api.ctx);
    expect(await transferOf(api.ctx, id)).toMatchObject({ reason: 'fallback', status: 'waiting' });
  });

  it('starts a new count of the files that remain', async () => {
    await makeMany(2);
    await call('POST');
    await succeed(api.ctx, destinationId);
    await makeMany(1);
    expect(await call('POST')).toEqual({ total: 2, done: 0, failed: 0, remaining: 2 });
  });

  it('skips files that service storage no longer has', async () => {
    const [one] = await makeMany(1);
    await api.ctx.db.update(placements).set({ expiresAt: 1 }).where(eq(placements.jobId, one!.id));
    expect(await call('POST')).toEqual(NOTHING);
  });

  it('copies to the named destination', async () => {
    const named = { name: 'archive', isDefault: false };
    const { id } = await makeDestination(api.ctx, api.workspaceId, named);
    const [one] = await makeMany(1);
    await call('POST', { storageDestination: 'archive' });
    expect(await transferOf(api.ctx, one!.id)).toMatchObject({ destinationId: id });
    expect(await call('POST', { storageDestination: 'nowhere' })).toMatchObject({ status: 400 });
    expect(await call('POST', { storagePath: 'x' })).toEqual({ status: 400, code: 'invalid_request' });
  });

  it('is refused without a destination', async () => {
    api = await makeApi(makeCtx(OFFLINE));
    expect(await call('POST')).toEqual({ status: 404, code: 'storage_not_configured' });
  });

  it('queues ten thousand files in one call', async () => {
    const [first] = await makeMany(1);
    await copyImport(first!.id, 10_000);
    expect(await call('POST')).toEqual({ total: 10_001, done: 0, failed: 0, remaining: 10_001 });
  });
});

/** Copies of one import with other ids, made in the database. */
async function copyImport(importId: string, count: number): Promise<void> {
  const { $client } = api.ctx.db;
  const n = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const copies = async (table: string, changes: Record<string, string>, where: string) => {
    const { results } = await $client.prepare(`PRAGMA table_info(${table})`).all<{ name: string }>();
    const columns = results.map(({ name }) => changes[name] ?? `t.${name}`);
    await $client
      .prepare(
        `INSERT INTO ${table} ${n} SELECT ${columns.join(', ')} FROM ${table} AS t, n WHERE t.${where} = ?`,
      )
      .bind(importId)
      .run();
  };
  await copies('jobs', { id: "t.id || '-' || i" }, 'id');
  await copies('artifacts', { id: "t.id || '-' || i", job_id: "t.job_id || '-' || i" }, 'job_id');
  await copies(
    'placements',
    {
      id: "t.id || '-' || i",
      artifact_id: "t.artifact_id || '-' || i",
      job_id: "t.job_id || '-' || i",
      key: "t.key || '-' || i",
    },
    'job_id',
  );
}
