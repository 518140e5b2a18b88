import { expect, it } from 'vitest';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { refOf } from '../support/claimed.ts';
import { makeApi } from '../support/make-api.ts';
import { makeJob, makePlacement } from '../support/rows.ts';
import { makeDestination, OFFLINE } from '../transfers/imported.ts';
import { addCredit, billingCtx, endJob } from './spend.ts';

const DAY_MS = 86_400_000;
const dayOf = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10);

type Row = Record<string, unknown>;
async function read(
  answer: Response,
): Promise<{ rows: Row[]; total: Row; balance: Row | null; from: string; to: string }> {
  expect(answer.status).toBe(200);
  return (await answer.json<{ data: never }>()).data;
}

it('counts every end of a job by day, with bytes, cost and failures by code', async () => {
  const api = await makeApi(billingCtx());
  const { ctx, workspaceId } = api;
  await endJob(ctx, { workspaceId }, { status: 'completed', bytes: 1_000_000 });
  ctx.clock.advance(DAY_MS);
  await endJob(ctx, { workspaceId }, { status: 'completed', bytes: 2_000_000 });
  await endJob(ctx, { workspaceId }, { status: 'failed' });
  await endJob(ctx, { workspaceId }, { status: 'canceled' });
  const { rows, total, from, to } = await read(await api.call('GET', '/usage'));
  const none = { failed: 0, canceled: 0, freeBytes: 0, costInDollars: 0, failures: {} };
  const first = {
    day: dayOf(ctx.now() - DAY_MS),
    jobs: 1,
    completed: 1,
    bytes: 1_000_000,
    costInMicrodollars: 3000,
  };
  expect(rows).toEqual([
    { ...none, ...first },
    {
      ...none,
      day: dayOf(ctx.now()),
      jobs: 3,
      completed: 1,
      failed: 1,
      canceled: 1,
      bytes: 2_000_000,
      costInDollars: 0.01,
      costInMicrodollars: 6000,
      failures: { source_not_found: 1 },
    },
  ]);
  expect(total).toMatchObject({
    jobs: 4,
    bytes: 3_000_000,
    costInMicrodollars: 9000,
    failures: { source_not_found: 1 },
  });
  expect({ from, to }).toEqual({ from: dayOf(ctx.now() - 29 * DAY_MS), to: dayOf(ctx.now()) });
});

it('groups by key, kind, destination and host', async () => {
  const api = await makeApi(billingCtx());
  const { ctx, workspaceId, apiKeyId } = api;
  await endJob(ctx, { workspaceId, createdBy: apiKeyId, sourceHost: 'a.example' }, { status: 'completed' });
  await endJob(ctx, { workspaceId, kind: 'store', storeOf: 'x' }, { status: 'failed' });
  const { rows } = await read(await api.call('GET', '/usage?groupBy=key,kind,destination,host'));
  expect(rows).toMatchObject([
    { keyId: null, kind: 'store', destination: null, host: null, jobs: 1, costInMicrodollars: 0 },
    { keyId: apiKeyId, kind: 'import', destination: null, host: 'a.example', jobs: 1, costInMicrodollars: 3 },
  ]);
});

it('names the destination that has the file', async () => {
  const { ctx, workspaceId, call } = await makeApi(billingCtx({}, OFFLINE));
  const { id: destinationId } = await makeDestination(ctx, workspaceId, {
    endpoint: null,
    region: 'eu-west-1',
  });
  const job = await makeJob(ctx, { workspaceId, status: 'processing' });
  await makePlacement(ctx, job, { destinationId });
  await completeJob(ctx, { ref: refOf(job), report: { warnings: [] } });
  const { rows } = await read(await call('GET', '/usage?groupBy=destination'));
  expect(rows).toMatchObject([{ destination: 'default', jobs: 1, bytes: 1000 }]);
});

it('answers in CSV when the client prefers it', async () => {
  const api = await makeApi(billingCtx());
  const { ctx, workspaceId } = api;
  await endJob(ctx, { workspaceId, sourceHost: '=cmd,"x"' }, { status: 'failed' });
  const answer = await api.anonymous('/usage?groupBy=host', {
    headers: { Authorization: `Bearer ${api.apiKey}`, Accept: 'text/csv' },
  });
  expect(answer.headers.get('Content-Type')).toBe('text/csv; charset=utf-8');
  expect(await answer.text()).toBe(
    'host,jobs,completed,failed,canceled,bytes,freeBytes,costInMicrodollars,failures\r\n' +
      `"'=cmd,""x""",1,0,1,0,0,0,0,source_not_found=1\r\n`,
  );
});

it('shows the balance', async () => {
  const api = await makeApi(billingCtx({ FREE_BYTES: 1500 }));
  const { ctx, workspaceId } = api;
  await addCredit(ctx, workspaceId, 1_000_000);
  await endJob(ctx, { workspaceId }, { status: 'completed', bytes: 1000 });
  await endJob(ctx, { workspaceId }, { status: 'completed', bytes: 1000 });
  const { balance, total } = await read(await api.call('GET', '/usage'));
  // The first import is free, and half of the second: 500 bytes cost 1.5 microdollars, as do the free ones of 3.
  expect(total).toMatchObject({ freeBytes: 1500, costInMicrodollars: 1 });
  expect(balance).toEqual({
    balanceInDollars: 0.99,
    balanceInMicrodollars: 999_999,
    creditedInMicrodollars: 1_000_000,
    spentInMicrodollars: 1,
    freeBytesLeft: 0,
  });
});

it('shows costs and no balance while nobody is billed', async () => {
  const api = await makeApi(billingCtx({ BILLING: 'off', FREE_BYTES: 1500 }));
  await endJob(api.ctx, { workspaceId: api.workspaceId }, { status: 'completed' });
  const { balance, total } = await read(await api.call('GET', '/usage'));
  expect(balance).toBeNull();
  expect(total).toMatchObject({ freeBytes: 0, costInMicrodollars: 3 });
});

it('shows nothing of another workspace', async () => {
  const other = await makeApi(billingCtx());
  await endJob(other.ctx, { workspaceId: other.workspaceId }, { status: 'completed' });
  const { rows } = await read(await (await makeApi(billingCtx())).call('GET', '/usage'));
  expect(rows).toEqual([]);
});

it.each([
  ['from=2026-02-30', 'from'],
  ['from=2026-01-01T00:00:00Z', 'from'],
  ['from=2025-01-01&to=2026-01-02', 'from'],
  ['from=2026-01-02&to=2026-01-01', 'from'],
  ['groupBy=day,day', 'groupBy'],
  ['groupBy=month', 'groupBy.0'],
  ['groupBy=', 'groupBy.0'],
  ['days=3', 'days'],
])('refuses %s', async (query, field) => {
  const answer = await (await makeApi()).call('GET', `/usage?${query}`);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 'invalid_request', field });
});

it('answers for 366 days', async () => {
  const answer = await (await makeApi()).call('GET', '/usage?from=2024-01-01&to=2024-12-31');
  expect(answer.status).toBe(200);
});
