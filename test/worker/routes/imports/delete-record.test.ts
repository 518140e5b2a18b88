import { env } from 'cloudflare:workers';
import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { artifacts, placements } from '../../../../worker/db/tables/artifacts.ts';
import { jobs } from '../../../../worker/db/tables/jobs.ts';
import { ledger } from '../../../../worker/db/tables/ledger.ts';
import {
  webhookAttempts,
  webhookDeliveries,
  webhookEndpoints,
} from '../../../../worker/db/tables/webhooks.ts';
import { cancelJob } from '../../../../worker/jobs/cancel-job.ts';
import { failJob } from '../../../../worker/jobs/fail-job.ts';
import { heartbeat } from '../../../../worker/jobs/heartbeat.ts';
import { startRequestedStore } from '../../../../worker/transfers/start-store-job.ts';
import { sweep } from '../../../../worker/jobs/sweep.ts';
import { beatOf, makeClaimed } from '../../support/claimed.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeCtx } from '../../support/make-ctx.ts';
import { makeJob, makePlacement } from '../../support/rows.ts';
import { makeEndpoint, sendWoken, startReceiver } from '../../webhooks/receiver.ts';
import { makeDestination, makeImported, OFFLINE, succeed } from '../../transfers/imported.ts';

beforeEach(emptyTables);

const SECRET = 'confidential';
const makeOffline = () => makeApi(makeCtx(OFFLINE));

/** A completed import with its object, whose texts all contain one word. */
async function makeImport({ ctx, workspaceId }: TestApi) {
  const request = { url: `https://media.example/${SECRET}.mp4`, storagePath: SECRET };
  const job = await makeImported(ctx, { workspaceId, request });
  const texts = { title: SECRET, sourceReason: SECRET, errorDetail: SECRET, warnings: [SECRET] };
  await ctx.db.update(jobs).set(texts).where(eq(jobs.id, job.id));
  await ctx.db
    .update(artifacts)
    .set({ title: SECRET, uploader: SECRET, sourceId: SECRET })
    .where(eq(artifacts.jobId, job.id));
  const key = `${workspaceId}/${job.id}/1/${SECRET}.mp4`;
  await ctx.db.update(placements).set({ key }).where(eq(placements.jobId, job.id));
  await env.MEDIA.put(key, 'bytes');
  return { id: job.id, key };
}

/** Every text of every table, except the accounts. */
async function readTables(): Promise<string> {
  const tables = [
    'jobs',
    'attempts',
    'artifacts',
    'placements',
    'transfers',
    'events',
    'ledger',
    'import_words',
  ];
  const rows = await Promise.all(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`).all()));
  return JSON.stringify(rows.map(({ results }) => results));
}

describe('DELETE /imports/{id}/record', () => {
  it('removes the object and every text about the import; the ledger stays', async () => {
    const api = await makeOffline();
    const { id, key } = await makeImport(api);
    const before = await api.ctx.db.query.ledger.findMany({ where: eq(ledger.jobId, id) });
    expect(before).toHaveLength(1);
    const answer = await api.call('DELETE', `/imports/${id}/record`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ success: true, data: { jobId: id, deleted: true } });
    expect(await env.MEDIA.head(key)).toBeNull();
    expect(await readTables()).not.toContain(SECRET);
    expect(await api.ctx.db.query.ledger.findMany({ where: eq(ledger.jobId, id) })).toEqual(before);
  });

  it('hides the import from every call', async () => {
    const api = await makeOffline();
    await makeDestination(api.ctx, api.workspaceId);
    const { id } = await makeImport(api);
    await api.call('DELETE', `/imports/${id}/record`);
    const calls: [string, string][] = [
      ['GET', `/import/status?id=${id}`],
      ['GET', `/imports/${id}`],
      ['DELETE', `/imports/${id}`],
      ['DELETE', `/imports/${id}/file`],
      ['DELETE', `/imports/${id}/record`],
      ['POST', `/imports/${id}/retry`],
      ['POST', `/imports/${id}/store`],
    ];
    for (const [method, path] of calls) {
      const answer = await api.call(method, path);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
    for (const query of ['', '?status=completed', '?host=media.example', `?text=${SECRET}`]) {
      const page = await (await api.call('GET', `/imports${query}`)).json();
      expect(page).toMatchObject({ data: { imports: [] } });
    }
    expect(await (await api.call('POST', '/storage/migrate')).json()).toMatchObject({ data: { total: 0 } });
  });

  it('is refused until the import has ended, and while a job stores its file', async () => {
    const api = await makeOffline();
    const { id: destinationId } = await makeDestination(api.ctx, api.workspaceId);
    const queued = await makeJob(api.ctx, { workspaceId: api.workspaceId });
    const early = await api.call('DELETE', `/imports/${queued.id}/record`);
    expect(early.status).toBe(409);
    expect(await early.json()).toMatchObject({ code: 'job_not_ended' });
    await api.call('DELETE', `/imports/${queued.id}`);
    expect((await api.call('DELETE', `/imports/${queued.id}/record`)).status).toBe(200);
    const { id, key } = await makeImport(api);
    const stored = await api.call('POST', `/imports/${id}/store`);
    const { data } = await stored.json<{ data: { jobId: string } }>();
    const busy = await api.call('DELETE', `/imports/${id}/record`);
    expect(busy.status).toBe(409);
    const { code, error } = await busy.json<{ code: string; error: string }>();
    expect(code).toBe('store_in_progress');
    expect(error).toContain(data.jobId);
    expect(await env.MEDIA.head(key)).not.toBeNull();
    await succeed(api.ctx, destinationId, `${SECRET}.mp4`);
    expect((await api.call('DELETE', `/imports/${id}/record`)).status).toBe(200);
    // The store job, too.
    expect((await api.call('GET', `/import/status?id=${data.jobId}`)).status).toBe(404);
    expect(await readTables()).not.toContain(SECRET);
  });

  it('deletes the object with the next sweep when service storage does not answer', async () => {
    const api = await makeOffline();
    const { id, key } = await makeImport(api);
    const { media } = api.ctx;
    api.ctx.media = { delete: () => Promise.reject(new Error('R2 does not answer')) } as unknown as R2Bucket;
    expect((await api.call('DELETE', `/imports/${id}/record`)).status).toBe(200);
    expect(api.ctx.lines.map(({ event }) => event)).toContain('storage.delete_failed');
    api.ctx.media = media;
    await sweep(api.ctx);
    expect(await env.MEDIA.head(key)).toBeNull();
    expect(await readTables()).not.toContain(SECRET);
  });

  it('leaves unfinished uploads to the sweep, whose removal then deletes their rows', async () => {
    const api = await makeOffline();
    const job = await makeJob(api.ctx, { workspaceId: api.workspaceId, status: 'canceled', attempt: 1 });
    await api.ctx.db.update(jobs).set({ finishedAt: api.ctx.now() }).where(eq(jobs.id, job.id));
    const upload = await env.MEDIA.createMultipartUpload(SECRET);
    const values = { status: 'open', key: SECRET, uploadId: upload.uploadId, kind: 'multipart' } as const;
    await makePlacement(api.ctx, job, values);
    expect((await api.call('DELETE', `/imports/${job.id}/record`)).status).toBe(200);
    expect(await readTables()).toContain(SECRET);
    await sweep(api.ctx);
    expect(await readTables()).not.toContain(SECRET);
    await expect(upload.uploadPart(1, 'late')).rejects.toThrow(/upload/);
  });

  it('deletes what was sent to webhooks about it, and sends nothing more', async () => {
    const { ctx, received, answers } = startReceiver();
    const api = await makeApi(ctx);
    const { workspaceId } = api;
    await makeEndpoint(ctx, workspaceId, { events: ['import.progress', 'import.canceled'] });
    const { job, ref, token } = await makeClaimed(ctx, { workspaceId, startedAt: ctx.now() });
    const other = await makeClaimed(ctx, { workspaceId, startedAt: ctx.now() });
    await heartbeat(ctx, beatOf([token, other.token]));
    await sendWoken(ctx);
    answers.unshift(() => new Response(SECRET, { status: 503 }));
    await cancelJob(ctx, { workspaceId, jobId: job.id });
    await failJob(ctx, { ref, report: { failure: { code: 'canceled' }, source: null } });
    await sendWoken(ctx);
    const count = async () => Promise.all([ctx.db.$count(webhookDeliveries), ctx.db.$count(webhookAttempts)]);
    expect(received).toHaveLength(3);
    expect(await count()).toEqual([3, 3]);
    expect((await api.call('DELETE', `/imports/${job.id}/record`)).status).toBe(200);
    // The progress of the other import.
    expect(await count()).toEqual([1, 1]);
    ctx.clock.advance(24 * 3600_000);
    await sendWoken(ctx);
    expect(received).toHaveLength(3);
  });

  it('deletes a delivery to the URL of its request that was never sent', async () => {
    const api = await makeOffline();
    const webhookUrl = `https://hook.example/${SECRET}`;
    const started = await api.call('POST', '/import', { url: 'https://media.example/1.mp4', webhookUrl });
    const { jobId } = (await started.json<{ data: { jobId: string } }>()).data;
    await api.call('DELETE', `/imports/${jobId}`);
    expect(await api.ctx.db.$count(webhookDeliveries)).toBe(1);
    // The workspace has no endpoint for such URLs yet.
    expect(await api.ctx.db.$count(webhookEndpoints)).toBe(0);
    expect((await api.call('DELETE', `/imports/${jobId}/record`)).status).toBe(200);
    expect(await api.ctx.db.$count(webhookDeliveries)).toBe(0);
  });

  it('starts no store job for an import that is deleted at the same time', async () => {
    const api = await makeOffline();
    const { id: destinationId } = await makeDestination(api.ctx, api.workspaceId);
    const { id } = await makeImport(api);
    const importJob = (await api.ctx.db.query.jobs.findFirst({ where: eq(jobs.id, id) }))!;
    await api.call('DELETE', `/imports/${id}/record`);
    const order = { importJob, destinationId, request: importJob.request };
    expect(await startRequestedStore(api.ctx, order)).toBeNull();
    expect(await api.ctx.db.$count(jobs, sql`kind = 'store'`)).toBe(0);
  });

  it('does not delete an import of another workspace', async () => {
    const [mine, theirs] = [await makeOffline(), await makeOffline()];
    const { id, key } = await makeImport(theirs);
    expect((await mine.call('DELETE', `/imports/${id}/record`)).status).toBe(404);
    expect(await env.MEDIA.head(key)).not.toBeNull();
    expect((await theirs.call('GET', `/imports/${id}`)).status).toBe(200);
  });
});
