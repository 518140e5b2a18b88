/** Webhooks from real imports to real servers: which take them, never answer, are closed, redirect or lie. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../scripts/lib/ports.ts';
import { file, startHttpSource, type HttpSource } from '../support/http-source.ts';
import type { Api } from '../support/stack/api.ts';
import { createTestWorkspace } from '../support/stack/workspace.ts';
import { makeWav } from '../support/wav.ts';
import {
  breaksOff,
  neverAnswers,
  neverStops,
  redirectsTo,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';

/** A request that is sent at once arrives within this time, also on a busy machine. */
const SOON = { timeout: 10_000 };
/** More than an endpoint gets at a time. */
const IMPORTS = 6;

let source: HttpSource;
let receiver: WebhookReceiver;

beforeAll(async () => {
  source = await startHttpSource();
  source.serve('/small.wav', file(makeWav(50_000)));
  const elsewhere = '/elsewhere';
  receiver = await startWebhookReceiver({
    '/slow': neverAnswers,
    '/moved': redirectsTo(elsewhere),
    '/endless': neverStops,
    '/broken': breaksOff,
  });
});
afterAll(async () => {
  await source.close();
  await receiver.close();
});

interface Delivery {
  id: string;
  status: string;
  lastAttempt: { error: string | null; answer: { status: number; body: string } | null } | null;
}

async function createEndpoint(api: Api, url: string): Promise<{ id: string; secret: string }> {
  const { status, body } = await api.send('POST', '/webhooks', { url });
  expect(status).toBe(200);
  return body['data'] as { id: string; secret: string };
}

async function deliveriesOf(api: Api, id: string): Promise<Delivery[]> {
  const { body } = await api.send('GET', `/webhooks/${id}/deliveries?limit=100`);
  return (body['data'] as { deliveries: Delivery[] }).deliveries;
}

test('an endpoint and the URL of the request are told once about the end of an import, signed', async () => {
  const { api } = await createTestWorkspace();
  const endpoint = await createEndpoint(api, receiver.url('/endpoint'));
  const { body } = await api.send('POST', '/webhooks/requests/rotate-secret');
  const { secret } = body['data'] as { secret: string };
  const webhookUrl = receiver.url('/request?token=1');
  const jobId = await api.startImport({ url: source.url('/small.wav'), webhookUrl });
  await api.ended(jobId);
  for (const [path, key] of [
    ['/endpoint', endpoint.secret],
    ['/request?token=1', secret],
  ] as const) {
    await expect.poll(() => receiver.at(path).length, SOON).toBe(1);
    const [{ body: sent, headers }] = receiver.at(path) as [(typeof receiver.received)[0]];
    expect(new Webhook(key).verify(sent, headers)).toEqual({
      jobId,
      status: 'completed',
      mediaUrl: expect.stringContaining('small.wav'),
      creditsUsed: 0,
      message: 'Your audio is ready!',
    });
  }
  const ids = ['/endpoint', '/request?token=1'].map((path) => receiver.at(path)[0]?.headers['webhook-id']);
  expect(ids[0]).toBe(ids[1]);
});

describe('beside endpoints that never answer, are closed, redirect or lie', () => {
  test('an honest endpoint is told about every import at once', async () => {
    const { api } = await createTestWorkspace();
    const slow = await createEndpoint(api, receiver.url('/slow'));
    const closed = await createEndpoint(api, `http://127.0.0.1:${await freePort()}/`);
    const moved = await createEndpoint(api, receiver.url('/moved'));
    const endless = await createEndpoint(api, receiver.url('/endless'));
    const broken = await createEndpoint(api, receiver.url('/broken'));
    await createEndpoint(api, receiver.url('/honest'));
    const last = async (id: string) => {
      const deliveries = await deliveriesOf(api, id);
      return deliveries.map(({ status, lastAttempt }) => `${status} ${lastAttempt?.error}`);
    };
    const jobs = await Promise.all(
      Array.from({ length: IMPORTS }, () => api.startImport({ url: source.url('/small.wav') })),
    );
    for (const jobId of jobs) await api.ended(jobId);
    await expect.poll(() => receiver.at('/honest').length, SOON).toBe(IMPORTS);
    expect(receiver.at('/slow').length).toBeGreaterThan(0);
    expect(await last(slow.id)).not.toContain('delivered null');
    const all = (text: string) => Array.from({ length: IMPORTS }, () => text);
    await expect.poll(() => last(endless.id), SOON).toEqual(all('delivered null'));
    await expect.poll(() => last(broken.id), SOON).toEqual(all('delivered null'));
    const [{ lastAttempt }] = (await deliveriesOf(api, endless.id)) as [Delivery];
    expect(lastAttempt?.answer?.body).toHaveLength(1000);
    for (const [id, error] of [
      [closed.id, 'unreachable'],
      [moved.id, 'redirect'],
    ] as const) {
      await expect
        .poll(async () => new Set((await deliveriesOf(api, id)).map((one) => one.lastAttempt?.error)), SOON)
        .toEqual(new Set([error]));
    }
    expect(receiver.at('/elsewhere')).toEqual([]);
  });
});
