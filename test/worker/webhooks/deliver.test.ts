import { eq } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { webhookAttempts, webhookEndpoints } from '../../../worker/db/tables/webhooks.ts';
import { deliver } from '../../../worker/webhooks/deliver.ts';
import { deleteEndpoint } from '../../../worker/webhooks/endpoints.ts';
import { claimDelivery } from '../../../worker/webhooks/claim-delivery.ts';
import { receiveDeliveries } from '../../../worker/webhooks/receive-deliveries.ts';
import { sweepWebhooks } from '../../../worker/webhooks/sweep-webhooks.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeWorkspace } from '../support/rows.ts';
import { makeImported } from '../transfers/imported.ts';
import { deliveriesOf, HOOK, keyOf, makeEndpoint, sendWoken, startReceiver } from './receiver.ts';

beforeEach(emptyTables);

const HOUR_MS = 3600_000;

/** A receiver with an endpoint in a workspace of its own, in which an import has completed. */
async function startWithImport(values: Parameters<typeof makeEndpoint>[2] = {}) {
  const receiver = startReceiver();
  const { ctx } = receiver;
  const workspaceId = await makeWorkspace(ctx);
  const { row, secret } = await makeEndpoint(ctx, workspaceId, values);
  const job = await makeImported(ctx, { workspaceId });
  const delivery = async () => (await deliveriesOf(ctx, workspaceId))[0]!;
  const log = () => ctx.db.select().from(webhookAttempts).where(eq(webhookAttempts.endpointId, row.id));
  return { ...receiver, workspaceId, endpoint: row, secret, job, delivery, log };
}

describe('a delivery', () => {
  it('is sent once, signed, with the event in its headers, and logged with its answer', async () => {
    const { ctx, received, secret, delivery, log, job } = await startWithImport();
    await sendWoken(ctx);
    const sent = await delivery();
    expect(sent).toMatchObject({ status: 'delivered', attempt: 1, nextAt: null, jobId: job.id });
    expect(received).toHaveLength(1);
    const [{ url, headers, body }] = received as [(typeof received)[0]];
    expect(url).toBe(HOOK);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': sent.eventId,
      'webhook-event': 'import.completed',
    });
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ jobId: job.id, status: 'completed' });
    expect(await log()).toMatchObject([
      { attempt: 1, url: HOOK, requestBody: body, status: 200, answerBody: 'thanks', error: null },
    ]);
    await deliver(ctx, keyOf(sent));
    expect(received).toHaveLength(1);
  });

  it('is sent once when its message is doubled', async () => {
    const { ctx, received, delivery } = await startWithImport();
    const key = keyOf(await delivery());
    await Promise.all([deliver(ctx, key), deliver(ctx, key), deliver(ctx, key)]);
    expect(received).toHaveLength(1);
    expect(await delivery()).toMatchObject({ status: 'delivered', attempt: 1 });
  });

  it('is repeated ten times in three days with the same id, and has failed then', async () => {
    const { ctx, received, answers, delivery, log } = await startWithImport();
    answers[0] = () => new Response('down', { status: 503 });
    const startedAt = ctx.now();
    await sendWoken(ctx);
    for (let tries = 1; tries < 10; tries++) {
      const { nextAt, status } = await delivery();
      expect(status).toBe('waiting');
      expect(ctx.wakes.at(-1)).toMatchObject({ delaySeconds: Math.ceil((nextAt! - ctx.now()) / 1000) });
      ctx.clock.advance(nextAt! - ctx.now() - 1);
      await sendWoken(ctx);
      expect(received).toHaveLength(tries);
      ctx.clock.advance(1);
      await deliver(ctx, keyOf(await delivery()));
    }
    expect(await delivery()).toMatchObject({ status: 'failed', attempt: 10, nextAt: null });
    expect((ctx.now() - startedAt) / (24 * HOUR_MS)).toBeCloseTo(3, 0);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(received).toHaveLength(10);
    expect(await log()).toHaveLength(10);
  });

  it('waits as long as Retry-After says', async () => {
    const { ctx, answers, delivery } = await startWithImport();
    answers[0] = () => new Response(null, { status: 429, headers: { 'Retry-After': '7200' } });
    await sendWoken(ctx);
    expect((await delivery()).nextAt).toBe(ctx.now() + 2 * HOUR_MS);
  });

  it.each<[string, () => Response, object]>([
    [
      'redirects',
      () => Response.redirect('https://elsewhere.example/', 307),
      { status: 307, error: 'redirect' },
    ],
    ['answers with an error', () => new Response('no', { status: 404 }), { status: 404, error: 'status' }],
    ['cannot be reached', () => Response.error(), { status: null, error: 'unreachable' }],
  ])('to an endpoint that %s is tried again', async (_name, answer, expected) => {
    const { ctx, received, answers, delivery, log } = await startWithImport();
    answers[0] = () => {
      const response = answer();
      if (response.type === 'error') throw new TypeError('network');
      return response;
    };
    await sendWoken(ctx);
    expect(await log()).toMatchObject([expected]);
    expect(await delivery()).toMatchObject({ status: 'waiting' });
    expect(received.map(({ url }) => url)).toEqual([HOOK]);
  });

  it('of a 200 whose body breaks off, never ends or is huge was taken, and the log keeps its start', async () => {
    const endless = () =>
      new ReadableStream({
        pull: (controller) =>
          controller.enqueue(new TextEncoder().encode(`\u0000<b>\r\n${'x'.repeat(3000)}`)),
      });
    const broken = () =>
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('begun')),
        pull: (controller) => controller.error(new Error('reset')),
      });
    for (const [body, start] of [
      [endless, /^<b> x{996}$/],
      [broken, /^(?:begun)?$/],
    ] as const) {
      const { ctx, answers, delivery, log } = await startWithImport();
      answers[0] = () => new Response(body());
      await sendWoken(ctx);
      expect(await delivery()).toMatchObject({ status: 'delivered' });
      expect((await log())[0]?.answerBody).toMatch(start);
    }
  });

  it('to an endpoint that is gone disables it, and ends what waits for it', async () => {
    const { ctx, answers, endpoint, workspaceId } = await startWithImport();
    await makeImported(ctx, { workspaceId });
    await ctx.settled();
    answers[0] = () => new Response(null, { status: 410 });
    await deliver(ctx, ctx.wakes[0]!);
    const [row] = await ctx.db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, endpoint.id));
    expect(row).toMatchObject({ disabledReason: 'gone', disabledAt: ctx.now() });
    const ended = await deliveriesOf(ctx, workspaceId);
    expect(ended.map(({ status, attempt }) => `${status} ${attempt}`).toSorted()).toEqual([
      'failed 0',
      'failed 1',
    ]);
    await makeImported(ctx, { workspaceId });
    expect(await deliveriesOf(ctx, workspaceId)).toHaveLength(2);
  });

  it('whose address the operator no longer allows is not sent', async () => {
    const { ctx, received, endpoint, log } = await startWithImport();
    await ctx.db
      .update(webhookEndpoints)
      .set({ url: 'http://127.0.0.1:9000/hook' })
      .where(eq(webhookEndpoints.id, endpoint.id));
    await sendWoken(ctx);
    expect(received).toEqual([]);
    expect(await log()).toMatchObject([{ error: 'address_forbidden', status: null }]);
  });

  it('about a job that was deleted ends', async () => {
    const { ctx, job, delivery, log } = await startWithImport();
    await ctx.db.run(`PRAGMA defer_foreign_keys = ON`);
    await emptyAllButWebhooks(ctx, job.id);
    await sendWoken(ctx);
    expect(await delivery()).toMatchObject({ status: 'failed' });
    expect(await log()).toMatchObject([{ error: 'outdated' }]);
  });
});

describe('no event is lost', () => {
  it('when the Worker dies between the end of the job and the message', async () => {
    const lost = { sendBatch: () => Promise.reject(new Error('died')) } as unknown as Queue<never>;
    const receiver = startReceiver({ webhooks: lost });
    const workspaceId = await makeWorkspace(receiver.ctx);
    await makeEndpoint(receiver.ctx, workspaceId);
    await makeImported(receiver.ctx, { workspaceId });
    await receiver.ctx.settled();
    expect(receiver.ctx.lines).toContainEqual(expect.objectContaining({ event: 'webhook.wake_failed' }));
    const later = startReceiver();
    await sweepWebhooks(later.ctx);
    await sendWoken(later.ctx);
    const [delivery] = await deliveriesOf(later.ctx, workspaceId);
    expect(delivery).toMatchObject({ status: 'delivered' });
    expect(later.received.map(({ headers }) => headers['webhook-id'])).toEqual([delivery!.eventId]);
  });

  it('when the Worker dies while it sends: the same event is sent again under the same id', async () => {
    const { ctx, received, delivery } = await startWithImport();
    await ctx.settled();
    const [key] = ctx.wakes.splice(0);
    await claimDelivery(ctx, key!);
    await sweepWebhooks(ctx);
    expect(ctx.wakes).toEqual([]);
    ctx.clock.advance(60_000);
    await sweepWebhooks(ctx);
    await sendWoken(ctx);
    expect(await delivery()).toMatchObject({ status: 'delivered', attempt: 2 });
    expect(received[0]?.headers['webhook-id']).toBe(key!.eventId);
  });

  it('and a sender that comes back after its lease changes nothing', async () => {
    const { ctx, answers, delivery } = await startWithImport();
    await ctx.settled();
    const [key] = ctx.wakes.splice(0);
    answers[0] = () => {
      ctx.clock.advance(60_000);
      answers[0] = () => new Response('taken');
      return deliver(ctx, key!).then(() => new Response(null, { status: 500 }));
    };
    await deliver(ctx, key!);
    expect(await delivery()).toMatchObject({ status: 'delivered', attempt: 2 });
  });

  it('but nothing is logged when its endpoint is deleted meanwhile', async () => {
    const { ctx, answers, workspaceId, endpoint, log, received } = await startWithImport();
    answers[0] = async () => {
      await deleteEndpoint(ctx, { workspaceId, id: endpoint.id });
      return new Response('taken');
    };
    await sendWoken(ctx);
    expect(received).toHaveLength(1);
    expect(await log()).toEqual([]);
  });

  it('but a delivery whose sender dies every time ends', async () => {
    const { ctx, delivery, log, received } = await startWithImport();
    await ctx.settled();
    for (let tries = 0; tries < 10; tries++) {
      expect(await claimDelivery(ctx, keyOf(await delivery()))).not.toBeNull();
      ctx.clock.advance(60_000);
    }
    await sweepWebhooks(ctx);
    await deliver(ctx, ctx.wakes[0]!);
    expect(await delivery()).toMatchObject({ status: 'failed' });
    expect(await log()).toMatchObject([{ error: 'interrupted' }]);
    expect(received).toEqual([]);
  });
});

describe('an endpoint that does not answer', () => {
  it('has four requests at a time, and each that ends is followed by the next', async () => {
    const { ctx, answers, received, workspaceId } = await startWithImport();
    for (let more = 0; more < 5; more++) await makeImported(ctx, { workspaceId });
    await ctx.settled();
    const answer = Promise.withResolvers<Response>();
    answers[0] = () => answer.promise.then((response) => response.clone());
    const messages = ctx.wakes.splice(0).map((body) => ({ id: 'm', body }));
    receiveDeliveries(ctx, messages as unknown as Message[]);
    await expect.poll(() => received.length).toBe(4);
    answer.resolve(new Response());
    await ctx.settled();
    expect(received).toHaveLength(4);
    for (let round = 0; round < 3; round++) await sendWoken(ctx);
    expect(received).toHaveLength(6);
    expect((await deliveriesOf(ctx, workspaceId)).map(({ status }) => status)).toEqual(
      Array.from({ length: 6 }, () => 'delivered'),
    );
  });

  it('delays no other endpoint: the sweep wakes one delivery of each', async () => {
    const { ctx, workspaceId, endpoint } = await startWithImport();
    const other = await makeEndpoint(ctx, workspaceId, { url: 'https://other.example.com/' });
    for (let more = 0; more < 3; more++) await makeImported(ctx, { workspaceId });
    await ctx.settled();
    ctx.wakes.length = 0;
    await sweepWebhooks(ctx);
    expect(ctx.wakes.map(({ endpointId }) => endpointId).toSorted()).toEqual(
      [endpoint.id, other.row.id].toSorted(),
    );
  });
});

it('a message that is not a delivery is dropped', async () => {
  const { ctx } = startReceiver();
  const messages = [{ id: 'm1', body: { ring: true } }];
  receiveDeliveries(ctx, messages as unknown as Message[]);
  expect(ctx.lines).toEqual([{ level: 'error', event: 'webhook.message_invalid', facts: { id: 'm1' } }]);
});

/** Deletes a job with every row that names it. */
async function emptyAllButWebhooks(ctx: Parameters<typeof deliver>[0], jobId: string): Promise<void> {
  const children = ['events', 'ledger', 'placements', 'artifacts', 'attempts'];
  for (const table of children) await ctx.db.run(`DELETE FROM ${table} WHERE job_id = '${jobId}'`);
  await ctx.db.delete(jobs).where(eq(jobs.id, jobId));
}
