/** Two workspaces in two databases: everything about each is in its own one. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { randomApiKey } from '../../../worker/auth/keys/api-key.ts';
import { databaseOfRequest } from '../../../worker/databases/database-of.ts';
import type { JobRow } from '../../../worker/db/rows.ts';
import { events } from '../../../worker/db/tables/events.ts';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { slotRooms } from '../../../worker/db/tables/slots.ts';
import { webhookDeliveries } from '../../../worker/db/tables/webhooks.ts';
import { randomFleetToken } from '../../../worker/fleet/fleet-token.ts';
import { endInstance, loadCtx } from '../../../worker/handlers.ts';
import { databaseOfId, markedId } from '../../../worker/ids.ts';
import { emptyTables, emptyTablesOf } from '../support/empty-tables.ts';
import { startWithTwoDatabases, type Placed } from '../support/two-databases.ts';
import { makeEndpoint } from '../webhooks/receiver.ts';

beforeEach(async () => {
  await emptyTables();
  await applyD1Migrations(env.SECOND_DB, env.TEST_MIGRATIONS);
  await emptyTablesOf(env.SECOND_DB);
});

async function importWith({ call }: Placed): Promise<string> {
  const answer = await call('POST', '/import', { url: 'https://media.example/clip.mp4' });
  return (await answer.json<{ data: { jobId: string } }>()).data.jobId;
}

const findJob = ({ ctx }: Pick<Placed, 'ctx'>, id: string): Promise<JobRow | undefined> =>
  ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) });

/** Both workspaces have an import, which the downloaders have taken. */
async function startImports() {
  const worker = await startWithTwoDatabases();
  const placed = [await worker.place(worker.ctxs[0]), await worker.place(worker.ctxs[1])] as const;
  const ids = [await importWith(placed[0]), await importWith(placed[1])] as const;
  await worker.deliverMessages();
  const tokens = ids.map((id) => worker.downloader.commands.find(({ jobId }) => jobId === id)!.token);
  const report = (at: number, path: string, body: object) =>
    worker.fetchPath(`/internal/jobs/${ids[at]}${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${tokens[at]}` },
      body: JSON.stringify(body),
    });
  return { ...worker, placed, ids, tokens, report };
}

describe('two workspaces in two databases', () => {
  it('have keys and imports that name their database, and see only their own', async () => {
    const { place, ctxs } = await startWithTwoDatabases();
    const placed = [await place(ctxs[0]), await place(ctxs[1])] as const;
    expect(placed[0].apiKey).toMatch(/^imp_[\w-]{43}$/);
    expect(placed[1].apiKey).toMatch(/^imp_1_[\w-]{43}$/);
    const ids = [await importWith(placed[0]), await importWith(placed[1])] as const;
    expect(ids.map(databaseOfId)).toEqual([0, 1]);
    for (const own of [0, 1] as const) {
      const other = own === 0 ? 1 : 0;
      expect(await findJob(placed[own], ids[own])).toMatchObject({ status: 'queued' });
      expect(await findJob(placed[own], ids[other])).toBeUndefined();
      expect((await placed[own].call('GET', `/import/status?id=${ids[own]}`)).status).toBe(200);
      expect((await placed[own].call('GET', `/import/status?id=${ids[other]}`)).status).toBe(404);
    }
  });

  it('have a slot each, which runs the jobs of its database only', async () => {
    const { placed, ids } = await startImports();
    const slots = [await findJob(placed[0], ids[0]), await findJob(placed[1], ids[1])].map(
      (job) => job?.slot,
    );
    expect(slots).toEqual(['slot-0', 'slot-1']);
    for (const at of [0, 1] as const)
      expect((await placed[at].ctx.db.select().from(slotRooms)).map(({ number }) => number)).toEqual([at]);
  });

  it('are reported together by one heartbeat, and each by its own end', async () => {
    const { placed, ids, tokens, report, fetchPath } = await startImports();
    const forged = `${ids[1]}${tokens[0]!.slice(ids[0].length)}`;
    const stage = { stage: 'downloading', bytesDone: 7, bytesTotal: 10 };
    const beat = {
      slot: 'slot-0',
      capacity: 4,
      versions: { downloader: '1.0.0', ytdlp: null, ffmpeg: null },
      jobs: [tokens[1], tokens[0], forged].map((token) => ({ token, ...stage })),
    };
    const answer = await fetchPath('/internal/heartbeat', { method: 'POST', body: JSON.stringify(beat) });
    expect(await answer.json()).toMatchObject({ directives: ['continue', 'continue', 'stale'] });
    const failure = { failure: { code: 'source_not_found', detail: 'HTTP 404' }, source: null };
    for (const { ctx, workspaceId } of placed) await makeEndpoint(ctx, workspaceId);
    expect((await report(1, '/failed', failure)).status).toBe(200);
    expect(await findJob(placed[1], ids[1])).toMatchObject({
      status: 'failed',
      errorCode: 'source_not_found',
    });
    expect(await findJob(placed[0], ids[0])).toMatchObject({ status: 'processing', bytesDone: 7 });
    expect(await placed[1].ctx.db.select().from(events)).toMatchObject([{ type: 'import.failed' }]);
    expect(await placed[0].ctx.db.select().from(events)).toEqual([]);
  });

  it('have their webhooks sent from their database', async () => {
    const { placed, report, ctxs, sent, deliverMessages } = await startImports();
    const received: string[] = [];
    for (const ctx of ctxs)
      ctx.fetch = async (input, init) => {
        received.push(new Headers(init?.headers ?? (input as Request).headers).get('webhook-id') ?? '');
        return new Response('thanks');
      };
    const made = await placed[1].call('POST', '/webhooks', { url: 'https://hooks.example.com/in' });
    expect(made.status).toBe(200);
    await report(1, '/failed', { failure: { code: 'source_not_found', detail: 'HTTP 404' }, source: null });
    await vi.waitFor(() => expect(sent.some(({ queue }) => queue === 'importly-open-webhooks')).toBe(true));
    await deliverMessages();
    await vi.waitFor(async () =>
      expect(await ctxs[1].db.select().from(webhookDeliveries)).toMatchObject([{ status: 'delivered' }]),
    );
    expect(received.map(databaseOfId)).toEqual([1]);
    expect(await ctxs[0].db.select().from(webhookDeliveries)).toEqual([]);
  });

  it('are swept both: a lost attempt of each is queued again', async () => {
    const { placed, ids, sweep, downloader } = await startImports();
    downloader.outcome = 'unreachable';
    for (const { ctx } of placed) await ctx.db.update(jobs).set({ leaseUntil: 1 });
    await sweep();
    for (const at of [0, 1] as const)
      expect(await findJob(placed[at], ids[at])).toMatchObject({ failures: 1, crashes: 1 });
  });

  it('do not wait for each other: a sweep works on one while the other does not answer', async () => {
    const { placed, ids } = await startImports();
    for (const { ctx } of placed) await ctx.db.update(jobs).set({ leaseUntil: 1 });
    const refuse = () => Promise.reject(new Error('D1 is down'));
    const statement = { bind: () => statement, all: refuse, raw: refuse, run: refuse, first: refuse };
    const down = { prepare: () => statement, batch: refuse } as unknown as D1Database;
    const half = await startWithTwoDatabases({ DB_1: down });
    half.downloader.outcome = 'unreachable';
    await half.sweep().catch(() => undefined);
    expect(await findJob(placed[0], ids[0])).toMatchObject({ failures: 1 });
    expect(await findJob(placed[1], ids[1])).toMatchObject({ failures: 0 });
  });

  it('lose only their own attempts when a container ends, and are watched in their own database', async () => {
    const { placed, ids, bindings, ctxs } = await startImports();
    await endInstance(bindings, { slot: 'slot-1', exitCode: 137, stoppedAt: Date.now() + 1_000 });
    expect(await findJob(placed[1], ids[1])).toMatchObject({ failures: 1 });
    expect(await findJob(placed[0], ids[0])).toMatchObject({ failures: 0, status: 'processing' });
    expect(ids.map((id) => loadCtx(bindings, id))).toEqual(ctxs);
  });
});

it('a key, a job or a file with the number of another or of no database is not found', async () => {
  const { placed, fetchPath } = await startImports();
  const secret = placed[0].apiKey.slice('imp_'.length);
  for (const key of [
    `imp_1_${secret}`,
    `imp_7_${secret}`,
    `imp_0_${secret}`,
    placed[1].apiKey.replace('1_', ''),
  ])
    expect((await fetchPath('/imports', { headers: { Authorization: `Bearer ${key}` } })).status).toBe(401);
  const unbound = markedId(Date.now(), 9);
  const paths = [`/internal/jobs/${unbound}/completed`, `/media/${unbound}/x?expires=1&signature=x`];
  expect((await fetchPath(paths[0]!, { method: 'POST', body: '{}' })).status).toBe(401);
  expect((await fetchPath(paths[1]!)).status).toBe(403);
});

it('a token leads to the database that it names, whatever else is in it', () => {
  const databaseOf = (token: string) =>
    databaseOfRequest(new Request('http://a.example/', { headers: { Authorization: `Bearer ${token}` } }));
  const member = randomFleetToken(2);
  expect(member).toMatch(/^impf_2_[0-9a-f]{64}$/);
  expect([member, randomFleetToken(), randomApiKey(15), randomApiKey()].map(databaseOf)).toEqual([
    2, 0, 15, 0,
  ]);
  // The random part of a key of the first database may begin like a number.
  expect(databaseOf(`imp_1_${'x'.repeat(41)}`)).toBe(0);
});

it('an ID of a database other than the first is a UUID of version 8 that sorts by time', () => {
  const id = markedId(1_800_000_000_000, 1);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8001-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(databaseOfId(markedId(0, 4095))).toBe(4095);
  expect(markedId(1_800_000_000_000, 0)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(markedId(1_800_000_000_001, 0) > id).toBe(true);
  for (const text of ['', 'x', '00000000-0000-8zzz-8000-000000000000']) expect(databaseOfId(text)).toBe(0);
});
