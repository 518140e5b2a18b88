/** What `npm run simulate` assumes about the calls of D1 is what they cost. Prints how long they take. */
import { beforeEach, expect, it } from 'vitest';
import { CALLS, type Call, type CallName } from '../../../scripts/simulate/constants.ts';
import { FEATURES_HEADER, OWN_FEATURES } from '../../../worker/contract/downloader/features.ts';
import type { PlanAnswer, SignAnswer } from '../../../worker/contract/downloader/report.ts';
import { GRANT_HEADER, type UploadPlan } from '../../../worker/contract/downloader/upload-plan.ts';
import { fillSlots } from '../../../worker/jobs/fill-slots.ts';
import { heartbeat } from '../../../worker/jobs/heartbeat.ts';
import { claimForFleet } from '../../../worker/jobs/slots/claim-for-fleet.ts';
import { startJob } from '../../../worker/jobs/slots/start-job.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { deliver } from '../../../worker/webhooks/deliver.ts';
import { beatOf } from '../support/claimed.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { meteredDb } from '../support/metered-db.ts';
import { artifactRequest, completeRequest, crc32Of, someBytes } from '../support/uploads.ts';
import { deliveriesOf, keyOf, makeEndpoint, startReceiver } from '../webhooks/receiver.ts';

beforeEach(emptyTables);

/** Each call is made so many times. Times need a few hundred: `VITE_TIMES=200 npx vitest run --project worker test/worker/scale`. */
const { env } = import.meta as ImportMeta & { env: { VITE_TIMES?: string } };
const TIMES = Number(env.VITE_TIMES ?? 8);
const BYTES = someBytes(1000);

/** A fleet of which every slot has room, and a workspace that may run everything. */
async function makeWorld() {
  const { db, costOf, sqlMs } = meteredDb();
  const { ctx } = startReceiver({ db });
  ctx.config = { ...ctx.config, DOWNLOADER_SLOTS: TIMES, JOBS_PER_SLOT: 4 };
  const api = await makeApi(ctx, { maxConcurrent: 1000 });
  await makeEndpoint(ctx, api.workspaceId);
  const costs = new Map<string, Call>();
  const measure = async <T>(name: string, works: readonly (() => Promise<T>)[], per = works.length) => {
    const results: T[] = [];
    const startedAtMs = sqlMs();
    const { calls, rowsRead, rowsWritten } = await costOf(async () => {
      for (const work of works) results.push(await work());
      await ctx.settled();
    });
    const each = (sum: number) => Math.round((10 * sum) / per) / 10;
    costs.set(name, {
      calls: each(calls),
      rowsRead: each(rowsRead),
      rowsWritten: each(rowsWritten),
      sqlMs: (sqlMs() - startedAtMs) / per,
    });
    return results;
  };
  return { api, ctx, costs, measure };
}

const times = <T>(make: (index: number) => T): T[] =>
  Array.from({ length: TIMES }, (_, index) => make(index));

/** Requests of the downloader that has this attempt. */
function downloaderOf({ ctx, anonymous }: TestApi, index: number) {
  const { jobId, token } = ctx.downloader.commands[index]!;
  const headers = { authorization: `Bearer ${token}`, [FEATURES_HEADER]: OWN_FEATURES };
  const call = async (path: string, init: RequestInit) => {
    const answer = await anonymous(path, init);
    expect(answer.status).toBe(200);
    return answer;
  };
  const post = async <T>(path: string, json: object, more: Record<string, string> = {}) => {
    const init = { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(json) };
    return (await call(`/internal/jobs/${jobId}/${path}`, init)).json<T>();
  };
  const open = () =>
    post<PlanAnswer>('artifacts', artifactRequest({ title: 'clip', sizeBytes: BYTES.length }));
  /** Everything after the plan: none of it but the last call asks D1. */
  const finish = async ({ placementId, grant }: UploadPlan) => {
    const base = `placements/${placementId}`;
    const parts = [{ number: 1, sizeBytes: BYTES.length, digest: crc32Of(BYTES) }];
    const { requests } = await post<SignAnswer>(`${base}/sign`, { parts }, { [GRANT_HEADER]: grant! });
    const { url, method, headers: signed } = requests[0]!;
    const etag = (await call(url, { method, headers: signed, body: BYTES })).headers.get('etag')!;
    const report = { ...completeRequest(BYTES, [{ bytes: BYTES, etag }]), completed: { warnings: [] } };
    expect(await post(`${base}/complete`, report)).toMatchObject({ outcome: 'stored' });
  };
  return { jobId, token, open, finish };
}

it('a call costs the calls and rows of D1 that the simulation counts with', async () => {
  const { api, ctx, costs, measure } = await makeWorld();
  const create = () => api.call('POST', '/import', { url: 'https://media.example.com/clip.mp4' });
  await create();
  await fillSlots(ctx);
  await measure(
    'create',
    times(() => create),
  );
  const claims = await measure('claim of 4', times(() => () => claimForFleet(ctx, 4)).slice(0, TIMES / 4));
  await measure(
    'claim',
    times(() => () => claimForFleet(ctx, 2)),
  );
  await measure(
    'accepted',
    claims.flatMap(({ jobs }) => jobs).map((job) => () => startJob(ctx, { slot: job.slot ?? '', job })),
  );
  const downloaders = times((index) => downloaderOf(api, index + 1));
  await heartbeat(ctx, beatOf(downloaders.slice(0, 4).map(({ token }) => token)));
  await measure(
    'heartbeat',
    times((index) => () => heartbeat(ctx, beatOf([downloaders[index]!.token]))),
  );
  await measure(
    'heartbeat of 4',
    times(() => () => heartbeat(ctx, beatOf(downloaders.slice(0, 4).map(({ token }) => token)))),
  );
  await measure(
    'status',
    downloaders.map(
      ({ jobId }) =>
        () =>
          api.call('GET', `/import/status?id=${jobId}`),
    ),
  );
  const plans = await measure(
    'artifacts',
    downloaders.map(({ open }) => open),
  );
  await measure(
    'complete',
    downloaders.map(
      ({ finish }, index) =>
        () =>
          finish(plans[index]!.plan),
    ),
  );
  const due = await deliveriesOf(ctx, api.workspaceId);
  await measure(
    'delivery',
    due.map((row) => () => deliver(ctx, keyOf(row))),
  );
  await measure(
    'sweep',
    times(() => () => sweep(ctx)),
  );
  console.log([...costs].map(([name, cost]) => `${name}: ${JSON.stringify(cost)}`).join('\n'));
  expectCosts(costs);
});

/** Rows depend on how many jobs and slots there are. */
const TOLERANCE = 2;

function expectCosts(costs: ReadonlyMap<string, Call>) {
  for (const [name, expected] of Object.entries(CALLS)) {
    const found = foundCost(costs, name as CallName);
    const { calls, rowsRead, rowsWritten } = found;
    expect({ name, calls }).toEqual({ name, calls: expected.calls });
    expect(rowsRead, `rows that ${name} reads`).toBeLessThanOrEqual(expected.rowsRead * TOLERANCE);
    expect(rowsRead * TOLERANCE, `rows that ${name} reads`).toBeGreaterThanOrEqual(expected.rowsRead);
    expect(rowsWritten, `rows that ${name} writes`).toBeLessThanOrEqual(expected.rowsWritten * TOLERANCE);
  }
}

/** Each of four jobs in a call costs a quarter of what the call costs beyond a call for none, or for one. */
function foundCost(costs: ReadonlyMap<string, Call>, name: CallName): Call {
  const cost = (of: string) => costs.get(of) ?? NO_COST;
  if (name === 'claimedJob') return beyond(cost('claim of 4'), cost('claim'), 4);
  if (name === 'heartbeatJob') return beyond(cost('heartbeat of 4'), cost('heartbeat'), 3);
  return cost(name);
}

const NO_COST: Call = { calls: NaN, rowsRead: NaN, rowsWritten: NaN, sqlMs: NaN };

function beyond(more: Call, less: Call, jobs: number): Call {
  return {
    calls: more.calls - less.calls,
    rowsRead: (more.rowsRead - less.rowsRead) / jobs,
    rowsWritten: (more.rowsWritten - less.rowsWritten) / jobs,
    sqlMs: (more.sqlMs - less.sqlMs) / jobs,
  };
}
