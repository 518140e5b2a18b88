import { eq } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { webhookDeliveries } from '../../../worker/db/tables/webhooks.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeImported } from '../transfers/imported.ts';
import { HOOK, sendWoken } from '../webhooks/receiver.ts';
import { startWithEndpoint, type Data } from '../webhooks/webhook-api.ts';

beforeEach(emptyTables);

describe('the log of an endpoint', () => {
  it('has the request, the answer and the time of each attempt', async () => {
    const { ctx, ask, answers, received, workspaceId, path } = await startWithEndpoint();
    answers[0] = () => new Response('try later', { status: 503 });
    const job = await makeImported(ctx, { workspaceId });
    await sendWoken(ctx);
    answers[0] = () => new Response('thanks');
    ctx.clock.advance(5_000);
    await sendWoken(ctx);
    const { deliveries } = (await ask('GET', `${path}/deliveries`)) as unknown as { deliveries: Data[] };
    const { id } = deliveries[0]!;
    // Each has a link of its own time.
    const sent = (attempt: number) => ({
      url: HOOK,
      headers: expect.objectContaining({ 'webhook-id': id }),
      body: received[attempt - 1]?.body,
    });
    const last = { attempt: 2, request: sent(2), answer: { status: 200, body: 'thanks' }, error: null };
    const first = {
      attempt: 1,
      request: sent(1),
      answer: { status: 503, body: 'try later' },
      error: 'status',
    };
    const shown = { id, type: 'import.completed', jobId: job.id, status: 'delivered', attempts: 2 };
    expect(deliveries).toMatchObject([{ ...shown, lastAttempt: last }]);
    expect(await ask('GET', `${path}/deliveries/${id}`)).toMatchObject({ ...shown, log: [last, first] });
    expect(await ask('GET', `${path}/deliveries/nope`)).toEqual({ code: 'webhook_delivery_not_found' });
  });

  it('has pages, whose cursors fit one endpoint and one filter', async () => {
    const { ctx, ask, call, workspaceId, path } = await startWithEndpoint();
    for (let made = 0; made < 5; made++) {
      ctx.clock.advance(1);
      await makeImported(ctx, { workspaceId });
    }
    const seen: string[] = [];
    let query = '?limit=2';
    for (;;) {
      const page = (await ask('GET', `${path}/deliveries${query}`)) as unknown as {
        deliveries: { jobId: string }[];
        nextCursor: string | null;
      };
      seen.push(...page.deliveries.map(({ jobId }) => jobId));
      if (page.nextCursor === null) break;
      query = `?limit=2&cursor=${page.nextCursor}`;
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toEqual(seen.toSorted().toReversed());
    const cursor = /cursor=(.*)/.exec(query)![1]!;
    const [position = '', signature = ''] = cursor.split('.');
    for (const wrong of [
      `status=failed&cursor=${cursor}`,
      `cursor=${position}`,
      `cursor=${btoa('["x"]')}.${signature}`,
      `cursor=${position}.${'A'.repeat(43)}`,
      'cursor=',
      'limit=0',
      'limit=101',
      'status=lost',
    ])
      expect((await call('GET', `${path}/deliveries?${wrong}`)).status).toBe(400);
  });
});

describe('a test event', () => {
  it('is sent at once, and its answer is shown', async () => {
    const { ask, received, endpoint, path } = await startWithEndpoint();
    const answer = await ask('POST', `${path}/test`);
    expect(answer).toMatchObject({
      type: 'webhook.test',
      jobId: null,
      status: 'delivered',
      log: [{ answer: { status: 200, body: 'thanks' }, error: null }],
    });
    const [{ headers, body }] = received as [(typeof received)[0]];
    expect(new Webhook(endpoint.secret).verify(body, headers)).toEqual({
      jobId: '00000000-0000-0000-0000-000000000000',
      status: 'test',
      mediaUrl: null,
      creditsUsed: 0,
      message: 'This is a test event.',
    });
  });

  it('that fails is not repeated, and goes to a disabled endpoint too', async () => {
    const { ctx, ask, answers, path } = await startWithEndpoint();
    await ask('PATCH', path, { enabled: false });
    answers[0] = () => new Response(null, { status: 500 });
    expect(await ask('POST', `${path}/test`)).toMatchObject({ status: 'failed', log: [{ error: 'status' }] });
    expect(ctx.wakes).toEqual([]);
  });
});

describe('a replay', () => {
  async function startWithFailed(count: number) {
    const started = await startWithEndpoint();
    const { ctx, answers, workspaceId } = started;
    answers[0] = () => new Response(null, { status: 500 });
    for (let made = 0; made < count; made++) await makeImported(ctx, { workspaceId });
    await ctx.db.update(webhookDeliveries).set({ tries: 9 });
    for (let round = 0; round < count; round++) await sendWoken(ctx);
    started.received.length = 0;
    answers[0] = () => new Response('at last');
    return started;
  }

  it('sends one event again under its id, with ten new attempts', async () => {
    const { ctx, ask, received, answers, path } = await startWithFailed(1);
    const { eventId } = (await ctx.db.query.webhookDeliveries.findFirst())!;
    const replay = () => ask('POST', `${path}/deliveries/${eventId}/replay`);
    answers[0] = () => new Response(null, { status: 500 });
    expect(await replay()).toMatchObject({ id: eventId, status: 'waiting', attempts: 1 });
    await sendWoken(ctx);
    answers[0] = () => new Response('at last');
    ctx.clock.advance(5_000);
    await sendWoken(ctx);
    expect(await ask('GET', `${path}/deliveries/${eventId}`)).toMatchObject({
      status: 'delivered',
      attempts: 3,
    });
    await replay();
    await sendWoken(ctx);
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([eventId, eventId, eventId]);
  });

  it('sends all failed events again, and no other', async () => {
    const { ctx, ask, received, workspaceId, path } = await startWithFailed(7);
    await makeImported(ctx, { workspaceId });
    await sendWoken(ctx);
    received.length = 0;
    expect(await ask('POST', `${path}/replay`)).toEqual({ replayed: 7 });
    for (let round = 0; round < 7; round++) await sendWoken(ctx);
    expect(received).toHaveLength(7);
    expect(await ctx.db.$count(webhookDeliveries, eq(webhookDeliveries.status, 'delivered'))).toBe(8);
    expect(await ask('POST', `${path}/replay`)).toEqual({ replayed: 0 });
  });

  it('needs an endpoint that is enabled', async () => {
    const { ctx, ask, path } = await startWithFailed(1);
    const { eventId } = (await ctx.db.query.webhookDeliveries.findFirst())!;
    await ask('PATCH', path, { enabled: false });
    expect(await ask('POST', `${path}/replay`)).toEqual({ code: 'webhook_disabled' });
    expect(await ask('POST', `${path}/deliveries/${eventId}/replay`)).toEqual({ code: 'webhook_disabled' });
    await ask('PATCH', path, { enabled: true });
    expect(await ask('POST', `${path}/deliveries/nope/replay`)).toEqual({
      code: 'webhook_delivery_not_found',
    });
  });
});
