import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { workspaces } from '../../../worker/db/tables/workspaces.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { dataOf, startBatch, type Batch } from './batch-api.ts';

beforeEach(emptyTables);

it('starts 1,000 imports with URLs of 2,048 characters in a few statements, and cancels them in a few more', async () => {
  const { db, costOf } = meteredDb();
  const api = await makeApi(makeCtx({ db }));
  const urls = Array.from({ length: 1000 }, (_, i) => `https://media.example/${i}/`.padEnd(2048, 'é'));
  let started = {} as Batch;
  const cost = await costOf(async () => (started = await startBatch(api, { urls })));
  expect(started.total).toBe(1000);
  expect(cost.statements).toBeLessThanOrEqual(60);
  expect(await db.$count(jobs)).toBe(1000);
  const [workspace] = await db.select().from(workspaces).where(eq(workspaces.id, api.workspaceId));
  expect(workspace).toMatchObject({ queued: 1000 });
  let canceled = {} as Batch;
  const { statements } = await costOf(async () => {
    canceled = await dataOf<Batch>(api.call('POST', `/batches/${started.batchId}/cancel`));
  });
  expect(canceled).toMatchObject({ status: 'canceled', counts: { canceled: 1000, queued: 0 } });
  expect(statements).toBeLessThanOrEqual(20);
}, 60_000);

it('refuses a body of more than 4 MiB', async () => {
  const { call } = await makeApi();
  const answer = await call('POST', '/batches', {
    urls: ['https://a.example/'],
    webhookUrl: 'x'.repeat(4 * 1024 * 1024),
  });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ code: 'request_too_large' });
});
