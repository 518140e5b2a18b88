import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { events } from '../../../../worker/db/tables/events.ts';
import { ledger } from '../../../../worker/db/tables/ledger.ts';
import { webhookDeliveries } from '../../../../worker/db/tables/webhooks.ts';
import { failJob } from '../../../../worker/jobs/fail-job.ts';
import {
  claim,
  complete,
  DESCRIPTION,
  METADATA,
  start,
  statusOf,
  type Body,
} from '../../support/described.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { makeApi, type TestApi } from '../../support/make-api.ts';
import { makeJob } from '../../support/rows.ts';
import { deliveriesOf, makeEndpoint, sendWoken, startReceiver } from '../../webhooks/receiver.ts';

beforeEach(emptyTables);

const KINDS = [
  ['/metadata', 'metadata.canceled', 'Metadata request canceled.'],
  ['/metadata/basic', 'basic-metadata.canceled', 'Basic metadata request canceled.'],
] as const;

const remove = async (api: TestApi, path: string) => {
  const answer = await api.call('DELETE', path);
  return { status: answer.status, body: await answer.json<Body>() };
};

describe.each(KINDS)('DELETE %s/{id}', (path, event, message) => {
  it('cancels a queued job at once: it costs nothing, and receivers are told', async () => {
    const { ctx, received } = startReceiver();
    const api = await makeApi(ctx);
    await makeEndpoint(ctx, api.workspaceId);
    const id = await start(api, path);
    const { status, body } = await remove(api, `${path}/${id}`);
    expect([status, body.data]).toEqual([
      200,
      expect.objectContaining({
        jobId: id,
        status: 'canceled',
        costInDollars: 0,
        message,
      }),
    ]);
    expect(await remove(api, `${path}/${id}`)).toEqual({ status, body });
    expect(await ctx.db.select().from(events)).toEqual([expect.objectContaining({ type: event })]);
    await sendWoken(ctx);
    expect(received.map(({ body: sent }) => JSON.parse(sent))).toEqual([
      {
        jobId: id,
        status: 'canceled',
        mediaUrl: null,
        creditsUsed: 0,
        message,
      },
    ]);
  });

  it('asks the downloader of a running job to stop', async () => {
    const api = await makeApi();
    const id = await start(api, path);
    const { ref } = await claim(api);
    const { body } = await remove(api, `${path}/${id}`);
    expect(body.data).toMatchObject({ status: 'processing', cancelRequestedAt: expect.any(String) });
    expect(api.ctx.downloader.canceled).toEqual([{ slot: 'slot-0', jobId: id }]);
    await failJob(api.ctx, { ref, report: { failure: { code: 'canceled' }, source: null } });
    expect(await statusOf(api, path, id)).toMatchObject({ status: 'canceled', costInMicrodollars: 0 });
  });

  it('is refused for a job that has completed, and finds neither imports nor jobs of the other kind', async () => {
    const api = await makeApi();
    const id = await start(api, path);
    await complete(api);
    expect(await remove(api, `${path}/${id}`)).toMatchObject({
      status: 409,
      body: { code: 'job_already_ended' },
    });
    const other = path === '/metadata' ? '/metadata/basic' : '/metadata';
    const { id: importId } = await makeJob(api.ctx, { workspaceId: api.workspaceId });
    for (const unknown of [`${other}/${id}`, `${path}/${importId}`, `/imports/${id}`])
      expect((await remove(api, unknown)).status).toBe(404);
  });
});

describe.each(KINDS)('DELETE %s/{id}/record', (path) => {
  const SECRET = 'confidential';
  const REQUEST = { url: `https://media.example/${SECRET}`, webhookUrl: `https://hook.example/${SECRET}` };
  const DESCRIBED = { ...DESCRIPTION, metadata: { ...METADATA, title: SECRET, uploader: SECRET } };

  async function readTables(): Promise<string> {
    const tables = ['jobs', 'attempts', 'events', 'ledger', 'webhook_deliveries', 'webhook_attempts'];
    const rows = await Promise.all(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`).all()));
    return JSON.stringify(rows.map(({ results }) => results));
  }

  it('removes every text about the job, also what its webhook was told; the ledger stays', async () => {
    const { ctx, received } = startReceiver();
    const api = await makeApi(ctx);
    const id = await start(api, path, REQUEST);
    await complete(api, DESCRIBED);
    await sendWoken(ctx);
    expect(received).toHaveLength(1);
    expect(await readTables()).toContain(SECRET);
    const cost = await ctx.db.query.ledger.findFirst({ where: eq(ledger.jobId, id) });
    expect(await remove(api, `${path}/${id}/record`)).toEqual({
      status: 200,
      body: { success: true, data: { jobId: id, deleted: true } },
    });
    expect(await readTables()).not.toContain(SECRET);
    expect(await ctx.db.query.ledger.findFirst({ where: eq(ledger.jobId, id) })).toEqual({
      ...cost!,
      host: null,
    });
    for (const [method, call] of [
      ['GET', `${path}/status?id=${id}`],
      ['DELETE', `${path}/${id}`],
      ['DELETE', `${path}/${id}/record`],
    ] as const)
      expect([call, (await api.call(method, call)).status]).toEqual([call, 404]);
  });

  it('removes a delivery that was never sent, before the workspace has an endpoint for the URLs of requests', async () => {
    const api = await makeApi();
    const id = await start(api, path, REQUEST);
    await remove(api, `${path}/${id}`);
    expect(await deliveriesOf(api.ctx, api.workspaceId)).toHaveLength(1);
    expect((await remove(api, `${path}/${id}/record`)).status).toBe(200);
    expect(await api.ctx.db.$count(webhookDeliveries)).toBe(0);
    expect(await readTables()).not.toContain(SECRET);
  });

  it('is refused until the job has ended', async () => {
    const api = await makeApi();
    const id = await start(api, path);
    expect(await remove(api, `${path}/${id}/record`)).toMatchObject({
      status: 409,
      body: { code: 'job_not_ended' },
    });
  });
});
