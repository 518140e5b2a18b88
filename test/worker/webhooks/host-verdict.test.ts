import { beforeEach, describe, expect, it } from 'vitest';
import type { ProbeAnswer, ProbeRequest } from '../../../worker/contract/downloader/command.ts';
import { slots } from '../../../worker/db/tables/slots.ts';
import { webhookEndpoints, webhookHosts } from '../../../worker/db/tables/webhooks.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import type { TestCtx } from '../support/make-ctx.ts';
import { makeJob, makeWorkspace } from '../support/rows.ts';
import { cancelJob } from '../../../worker/jobs/cancel-job.ts';
import { deliveriesOf, HOOK, makeEndpoint, sendWoken, startReceiver } from './receiver.ts';

beforeEach(emptyTables);

const MINUTE_MS = 60_000;
const PUBLIC: ProbeAnswer = { addresses: ['203.0.113.7'], allowed: true, reason: null, tls: null };
const REFUSED: ProbeAnswer = { ...PUBLIC, addresses: [], allowed: false, reason: 'private address' };
const NO_ADDRESS: ProbeAnswer = { ...PUBLIC, addresses: [], reason: 'no public address' };

/** A receiver whose downloader writes down what it is asked. */
function startProbed() {
  const receiver = startReceiver();
  const { ctx } = receiver;
  const probes: (ProbeRequest & { slot: string | undefined })[] = [];
  ctx.downloader.probe = async (request, slot) => {
    probes.push({ ...request, slot });
    return ctx.downloader.probeAnswer;
  };
  return { ...receiver, probes };
}

/** A downloader that has just reported. */
async function startSlot(ctx: TestCtx): Promise<void> {
  const versions = { downloader: '1', ytdlp: null, ffmpeg: null };
  const row = { slot: 'slot-0', capacity: 4, versions, lastSeenAt: ctx.now() };
  await ctx.db.insert(slots).values(row).onConflictDoUpdate({ target: slots.slot, set: row });
}

/** Ends an import, so that its workspace is told. */
async function announce(ctx: TestCtx, workspaceId: string, request: object = {}): Promise<void> {
  const url = 'https://media.example/1.mp4';
  const { id: jobId } = await makeJob(ctx, { workspaceId, request: { url, ...request } });
  await cancelJob(ctx, { workspaceId, jobId });
  await sendWoken(ctx);
}

describe('an endpoint', () => {
  it.each([
    ['resolves to a private address', REFUSED],
    ['does not resolve', NO_ADDRESS],
  ])('whose host %s is refused, and the answer does not tell the difference', async (_what, answer) => {
    const { ctx, probes } = startProbed();
    const api = await makeApi(ctx);
    ctx.downloader.probeAnswer = answer;
    const refused = await api.call('POST', '/webhooks', { url: 'https://intranet.example.com:8443/hook' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      code: 'webhook_address_forbidden',
      field: 'url',
      error: 'url has an address that is not allowed: its host has no public address',
    });
    expect(probes).toEqual([
      { host: 'intranet.example.com', port: 8443, purpose: 'webhook', slot: undefined },
    ]);
    expect(await ctx.db.$count(webhookEndpoints)).toBe(0);
  });

  it('keeps its URL when the new one is refused', async () => {
    const { ctx } = startProbed();
    const api = await makeApi(ctx);
    const { row } = await makeEndpoint(ctx, api.workspaceId);
    ctx.downloader.probeAnswer = REFUSED;
    const refused = await api.call('PATCH', `/webhooks/${row.id}`, { url: 'https://intranet.example.com/' });
    expect(refused.status).toBe(400);
    expect(await (await api.call('GET', `/webhooks/${row.id}`)).json()).toMatchObject({
      data: { url: HOOK },
    });
  });

  it('is made when no downloader answers, unless the host was refused before', async () => {
    const { ctx } = startProbed();
    const api = await makeApi(ctx);
    const probe = ctx.downloader.probe.bind(ctx.downloader);
    const gone = () => Promise.reject(new Error('connection refused'));
    const create = async () => (await api.call('POST', '/webhooks', { url: HOOK })).status;
    ctx.downloader.probe = gone;
    expect(await create()).toBe(200);
    ctx.downloader.probe = probe;
    ctx.downloader.probeAnswer = REFUSED;
    expect(await create()).toBe(400);
    ctx.downloader.probe = gone;
    expect(await create()).toBe(400);
    expect(ctx.lines).toContainEqual(expect.objectContaining({ event: 'webhook.probe_failed' }));
  });
});

describe('a delivery', () => {
  it('is sent while the kept verdict is fresh, without asking again', async () => {
    const { ctx, received, probes } = startProbed();
    const workspaceId = await makeWorkspace(ctx);
    await makeEndpoint(ctx, workspaceId);
    await startSlot(ctx);
    ctx.downloader.probeAnswer = REFUSED;
    ctx.clock.advance(15 * MINUTE_MS - 1);
    await announce(ctx, workspaceId);
    expect([received.length, probes.length]).toEqual([1, 1]);
  });

  it('is not sent to a host that has become private, and is sent when the host is public again', async () => {
    const { ctx, received, probes } = startProbed();
    const workspaceId = await makeWorkspace(ctx);
    await makeEndpoint(ctx, workspaceId);
    ctx.clock.advance(15 * MINUTE_MS);
    await startSlot(ctx);
    ctx.downloader.probeAnswer = REFUSED;
    await announce(ctx, workspaceId);
    expect(received).toEqual([]);
    expect(probes.at(-1)).toMatchObject({ host: 'app.example.com', port: 443, slot: 'slot-0' });
    const [waiting] = await deliveriesOf(ctx, workspaceId);
    expect(waiting).toMatchObject({ status: 'waiting', tries: 1 });
    ctx.clock.advance(waiting!.nextAt! - ctx.now() + MINUTE_MS);
    await startSlot(ctx);
    ctx.downloader.probeAnswer = PUBLIC;
    await sendWoken(Object.assign(ctx, { wakes: [waiting!] }));
    expect(received).toHaveLength(1);
  });

  it('starts no downloader: without one that runs, the old verdict counts', async () => {
    const { ctx, received, probes } = startProbed();
    const workspaceId = await makeWorkspace(ctx);
    await makeEndpoint(ctx, workspaceId);
    await startSlot(ctx);
    ctx.clock.advance(15 * MINUTE_MS);
    await announce(ctx, workspaceId);
    expect([received.length, probes.length]).toEqual([1, 1]);
  });

  it('to the URL of a request asks once for its host, whatever workspace sends there, and keeps verdicts for a week', async () => {
    const { ctx, received, probes } = startProbed();
    await startSlot(ctx);
    for (const workspaceId of [await makeWorkspace(ctx), await makeWorkspace(ctx)])
      await announce(ctx, workspaceId, { webhookUrl: 'https://hook.example.com/1' });
    expect([received.length, probes.length]).toEqual([2, 1]);
    ctx.clock.advance(7 * 24 * 60 * MINUTE_MS + 1);
    await startSlot(ctx);
    await announce(ctx, await makeWorkspace(ctx), { webhookUrl: 'https://other.example.com/' });
    expect((await ctx.db.select().from(webhookHosts)).map(({ host }) => host)).toEqual([
      'other.example.com:443',
    ]);
  });
});
