import { env } from 'cloudflare:workers';
import { eq, inArray, sql } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { parseConfig } from '../../../worker/config.ts';
import { DestinationInput } from '../../../worker/contract/api/storage/destination-input.ts';
import type { Ctx } from '../../../worker/context.ts';
import { placements } from '../../../worker/db/tables/artifacts.ts';
import { destinations } from '../../../worker/db/tables/destinations.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { transfers } from '../../../worker/db/tables/transfers.ts';
import { fillSlots, STARTS_BESIDE_SWEEPS } from '../../../worker/jobs/fill-slots.ts';
import { sweep } from '../../../worker/jobs/sweep.ts';
import { sweepWebhooks } from '../../../worker/webhooks/sweep-webhooks.ts';
import { saveDestination } from '../../../worker/storage/destinations/save-destination.ts';
import { ADMIN, startStandIn, type StandIn } from '../storage/providers/stand-in.ts';
import { makeClaimed } from '../support/claimed.ts';
import { copyImport, copyRows, numbered } from '../support/copy-rows.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { meteredDb } from '../support/metered-db.ts';
import { makeJob, makePlacement, makeWorkspace } from '../support/rows.ts';
import { makeDestination, makeImported, OFFLINE } from '../transfers/imported.ts';

beforeEach(emptyTables);

const countJobs = (ctx: Ctx, status: 'processing' | 'queued' | 'canceled' | 'failed') =>
  ctx.db.$count(jobs, eq(jobs.status, status));

/** Lost attempts in one workspace, made by copying one: a thousand claims would take too long. */
async function makeLost(ctx: Ctx, count: number, values: Partial<typeof jobs.$inferInsert> = {}) {
  const { job } = await makeClaimed(ctx, values);
  const isLost = sql`id = ${job.id}`;
  await copyRows(ctx, jobs, { count: count - 1, changed: { id: numbered('id') }, where: isLost });
}

it('stays below the 1,000 statements of D1 with 1,000 lost leases, and the next sweeps continue', async () => {
  const { db, costOf } = meteredDb();
  const ctx = makeCtx({ ...OFFLINE, db });
  await makeDueTransfers(ctx, 120);
  await makeLeftovers(ctx, 100);
  await makeLost(ctx, 920);
  await makeLost(ctx, 40, { cancelRequestedAt: ctx.now() });
  await makeLost(ctx, 30, { failures: ctx.config.MAX_FAILURES - 1 });
  for (let stored = 0; stored < 10; stored++) await makePlacement(ctx, (await makeClaimed(ctx)).job);
  ctx.clock.advance(60_000);
  // A fleet that refuses jobs costs more statements than one that runs them.
  ctx.downloader.outcome = 'unsupported';
  await makeDue(ctx, 100);
  const sweepAll = async () => {
    const filling = fillSlots(ctx, { maxStarts: STARTS_BESIDE_SWEEPS });
    await Promise.all([filling, sweep(ctx), sweepWebhooks(ctx)]);
    await ctx.settled();
  };
  const first = await costOf(sweepAll);
  expect(first.statements).toBeLessThan(1000);
  expect(await countJobs(ctx, 'processing')).toBe(60);
  for (let minute = 0; minute < 3; minute++) {
    expect((await costOf(sweepAll)).statements).toBeLessThan(1000);
  }
  expect(await countJobs(ctx, 'processing')).toBe(0);
  expect(await countJobs(ctx, 'canceled')).toBe(40);
  expect(await countJobs(ctx, 'failed')).toBe(31);
  expect(await ctx.db.$count(placements, inArray(placements.status, ['open', 'completing']))).toBe(0);
  expect(await ctx.db.$count(transfers, eq(transfers.status, 'running'))).toBe(120);
}, 60_000);

/** Jobs that may start. */
async function makeDue(ctx: Ctx, count: number): Promise<void> {
  const job = await makeJob(ctx, { workspaceId: await makeWorkspace(ctx) });
  const isJob = sql`id = ${job.id}`;
  await copyRows(ctx, jobs, { count: count - 1, changed: { id: numbered('id') }, where: isJob });
}

/** Transfers that are due, four in each workspace, with everything that a store job needs. */
async function makeDueTransfers(ctx: Ctx, count: number): Promise<void> {
  const template = await makeWorkspace(ctx);
  await makeDestination(ctx, template);
  const { id } = await makeImported(ctx, { workspaceId: template });
  for (let workspace = 0; workspace < count / 4; workspace++) {
    await makeWorkspace(ctx, { id: `workspace-${workspace}` });
    await makeDestination(ctx, `workspace-${workspace}`, { id: `destination-${workspace}` });
  }
  await copyImport(ctx, count, { workspace_id: sql`'workspace-' || (copy / 4)` });
  await ctx.db
    .run(sql`INSERT INTO transfers (import_id, destination_id, workspace_id, reason, status, next_at, created_at)
    SELECT id, replace(workspace_id, 'workspace', 'destination'), workspace_id, 'migration', 'waiting', 0, 0
    FROM jobs WHERE kind = 'import' AND id <> ${id}`);
}

/** Unfinished uploads of a failed job in service storage. */
async function makeLeftovers(ctx: Ctx, count: number): Promise<void> {
  const job = await makeJob(ctx, { status: 'failed', attempt: 1, errorCode: 'job_timeout' });
  const { artifactId } = await makePlacement(ctx, job, { status: 'open' });
  for (let index = 1; index < count; index++) {
    await makePlacement(ctx, job, { artifactId, status: 'open', key: `leftover/${index}` });
  }
}

it('requeues lost jobs and rings before it cleans, and asks a bucket that never answers once for its 75 leftovers', async () => {
  const hanging = await startStandIn({});
  const working = await startStandIn({});
  await hanging.addFault({ kind: 'silence', operation: 'any', times: 1000 });
  const { ctx, requests } = makeImpatientCtx(hanging, working);
  const stuck = await makeUnfinishedAt(ctx, hanging, 75);
  const removable = await makeUnfinishedAt(ctx, working, 3);
  await makeLost(ctx, 1);
  await makeJob(ctx);
  ctx.clock.advance(60_000);
  await sweep(ctx);
  expect(requests.find(({ host }) => host === new URL(hanging.endpoint).host)).toMatchObject({
    rings: [1, 0],
  });
  expect(requests.filter(({ host }) => host === new URL(hanging.endpoint).host)).toHaveLength(1);
  expect(await statusesAt(ctx, removable)).toEqual(['aborted']);
  expect(await statusesAt(ctx, stuck)).toEqual(['open']);
  await Promise.all([hanging.stop(), working.stop()]);
});

/** The limit of time of a sweep comes while its first request is under way. `requests` counts them. */
function makeLateCtx(servers: StandIn[]) {
  const ctx = makeStandInCtx(servers);
  const over = new AbortController();
  const sent = { requests: 0 };
  ctx.fetch = (input, init) => {
    sent.requests += 1;
    const answer = fetch(input, init);
    over.abort(new DOMException('The time is over', 'TimeoutError'));
    return answer;
  };
  return { ctx, sent, cleaning: { deadline: () => over.signal, destinations: 4, uploads: 80 } };
}

it('gives up every request of its cleaning at the limit of time', async () => {
  const hanging = await startStandIn({});
  await hanging.addFault({ kind: 'silence', operation: 'any', times: 1000 });
  const { ctx, sent, cleaning } = makeLateCtx([hanging]);
  await makeUnfinishedAt(ctx, hanging, 75);
  await sweep(ctx, { cleaning });
  expect(sent.requests).toBe(1);
  expect(ctx.lines.map(({ event }) => event)).toEqual(['storage.discard_failed']);
  await hanging.stop();
});

it('does not give up an upload whose removal only the limit of time cut off', async () => {
  const hanging = await startStandIn({});
  await hanging.addFault({ kind: 'silence', operation: 'any', times: 1000 });
  const { ctx, sent, cleaning } = makeLateCtx([hanging]);
  const stuck = await makeUnfinishedAt(ctx, hanging, 1);
  ctx.clock.advance(25 * 3600_000);
  await sweep(ctx, { cleaning });
  expect(sent.requests).toBe(1);
  expect(await statusesAt(ctx, stuck)).toEqual(['open']);
  await hanging.stop();
});

function makeStandInCtx(servers: StandIn[]) {
  const hosts = servers.map(({ endpoint }) => `storage:${new URL(endpoint).host}`);
  return makeCtx({ config: { ...parseConfig(env), EGRESS_ALLOW: hosts.join(',') } });
}

/** A context whose requests to a server that never answers time out soon. All are recorded with the doorbell's rings until then. */
function makeImpatientCtx(hanging: StandIn, ...servers: StandIn[]) {
  const ctx = makeStandInCtx([hanging, ...servers]);
  const requests: { host: string; rings: number[] }[] = [];
  ctx.fetch = (input, init) => {
    const { host } = new URL(input as string);
    const isHanging = host === new URL(hanging.endpoint).host;
    const limits = isHanging ? [AbortSignal.timeout(300)] : [];
    const signal = AbortSignal.any([init?.signal ?? [], limits].flat());
    requests.push({ host, rings: [...ctx.rings] });
    return fetch(input, { ...init, signal });
  };
  return { ctx, requests };
}

/** Multipart uploads of a failed job, in a bucket that has never seen them; returns the destination's id. */
async function makeUnfinishedAt(ctx: Ctx, { endpoint, region, bucket }: StandIn, count: number) {
  const workspaceId = await makeWorkspace(ctx);
  const { accessKeyId, secretAccessKey } = ADMIN;
  const input = DestinationInput.parse({ endpoint, region, bucket, accessKeyId, secretAccessKey });
  await saveDestination(ctx, { workspaceId, input });
  const [destination] = await ctx.db
    .select()
    .from(destinations)
    .where(eq(destinations.workspaceId, workspaceId));
  const job = await makeJob(ctx, { workspaceId, status: 'failed', attempt: 1, errorCode: 'job_timeout' });
  const upload = { destinationId: destination!.id, bucket, status: 'open', kind: 'multipart' } as const;
  const { artifactId } = await makePlacement(ctx, job, { ...upload, uploadId: 'upload-0' });
  for (let index = 1; index < count; index++) {
    await makePlacement(ctx, job, { ...upload, artifactId, uploadId: `upload-${index}` });
  }
  return destination!.id;
}

async function statusesAt(ctx: Ctx, destinationId: string): Promise<string[]> {
  const rows = await ctx.db
    .selectDistinct({ status: placements.status })
    .from(placements)
    .where(eq(placements.destinationId, destinationId));
  return rows.map(({ status }) => status);
}
