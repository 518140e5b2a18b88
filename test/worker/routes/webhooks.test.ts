import { eq } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { webhookAttempts, webhookDeliveries, webhookEndpoints } from '../../../worker/db/tables/webhooks.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import { makeImported } from '../transfers/imported.ts';
import { HOOK, sendWoken } from '../webhooks/receiver.ts';
import { askAt, start, startWithEndpoint } from '../webhooks/webhook-api.ts';

beforeEach(emptyTables);

describe('/webhooks', () => {
  it('creates an endpoint, shows its secret once, and stores it encrypted', async () => {
    const { ctx, ask, call, endpoint, path } = await startWithEndpoint();
    const { secret, ...view } = endpoint;
    expect(view).toEqual({
      id: expect.any(String),
      url: HOOK,
      events: [
        'import.completed',
        'import.failed',
        'import.canceled',
        'import.stored',
        'metadata.completed',
        'metadata.failed',
        'metadata.canceled',
        'basic-metadata.completed',
        'basic-metadata.failed',
        'basic-metadata.canceled',
      ],
      format: 'flat',
      description: null,
      enabled: true,
      disabledReason: null,
      previousSecretUntil: null,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(secret).toMatch(/^whsec_/);
    expect(await ask('GET', path)).toEqual(view);
    expect(await (await call('GET', '/webhooks')).json()).toMatchObject({ data: [view] });
    const stored = JSON.stringify(await ctx.db.select().from(webhookEndpoints));
    expect(stored).not.toContain(secret.slice('whsec_'.length));
    expect(JSON.stringify(ctx.lines)).not.toContain(secret.slice('whsec_'.length));
  });

  it('makes one endpoint, with one secret, of parallel requests with the same Idempotency-Key', async () => {
    const { ctx, apiKey, anonymous, workspaceId } = await start();
    const headers = {
      Authorization: `Bearer ${apiKey}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': 'hook-1',
    };
    const send = async (path: string, json: object) => {
      const answer = await anonymous(path, { method: 'POST', headers, body: JSON.stringify(json) });
      return answer.json<{ data: { id: string; secret: string } }>();
    };
    const [first, second] = await Promise.all([
      send('/webhooks', { url: HOOK }),
      send('/webhooks', { url: HOOK }),
    ]);
    expect(second).toEqual(first);
    expect(await ctx.db.$count(webhookEndpoints, eq(webhookEndpoints.workspaceId, workspaceId))).toBe(1);
    headers['Idempotency-Key'] = 'rotation-1';
    const path = `/webhooks/${first.data.id}/rotate-secret`;
    const rotated = await send(path, {});
    expect(rotated.data.secret).not.toBe(first.data.secret);
    expect(await send(path, {})).toEqual(rotated);
  });

  it('changes what a request names, and nothing else', async () => {
    const { ask, endpoint, path } = await startWithEndpoint();
    const { secret: _, updatedAt: __, ...view } = endpoint;
    const change = { url: 'https://app.example.com/other', events: ['import.failed'], description: 'x' };
    expect(await ask('PATCH', path, change)).toMatchObject({ ...view, ...change });
    expect(await ask('PATCH', path, { format: 'full' })).toMatchObject({
      ...view,
      ...change,
      format: 'full',
    });
    expect(await ask('PATCH', path, { enabled: false })).toMatchObject({
      enabled: false,
      disabledReason: 'owner',
      url: change.url,
    });
    expect(await ask('PATCH', path, { enabled: true })).toMatchObject({
      enabled: true,
      disabledReason: null,
    });
  });

  it('deletes an endpoint with its log', async () => {
    const { ctx, ask, workspaceId, path } = await startWithEndpoint();
    await makeImported(ctx, { workspaceId });
    await sendWoken(ctx);
    expect(await ask('DELETE', path)).toEqual({ deleted: true });
    expect(await ask('DELETE', path)).toEqual({ code: 'webhook_not_found' });
    for (const table of [webhookDeliveries, webhookAttempts, webhookEndpoints])
      expect(await ctx.db.$count(table)).toBe(0);
    await makeImported(ctx, { workspaceId });
    expect(await ctx.db.$count(webhookDeliveries)).toBe(0);
  });

  it('refuses what is not valid, and names the field', async () => {
    const { ctx, call } = await start();
    for (const [body, field, message] of [
      [{}, 'url', 'url is missing'],
      [{ url: 'ftp://app.example.com/' }, 'url', 'url must be an http or https URL'],
      [{ url: 'http://app.example.com/' }, 'url', 'url must be an https URL'],
      [{ url: 'https://me:secret@app.example.com/' }, 'url', 'url must not contain a user name or password'],
      [{ url: HOOK, events: [] }, 'events', /^events must not be empty/],
      [{ url: HOOK, events: ['import.done'] }, 'events.0', /^events\.0 must be import\.completed, /],
      [{ url: HOOK, secret: 'whsec_mine' }, 'secret', 'secret: unknown field'],
      [{ url: HOOK, Events: [] }, 'Events', 'Events: unknown field; did you mean events?'],
    ] as const) {
      const answer = await call('POST', '/webhooks', body);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        code: 'invalid_request',
        field,
        error: expect.stringMatching(message),
      });
    }
    expect(await ctx.db.$count(webhookEndpoints)).toBe(0);
  });

  it('refuses a private address when an endpoint is created and when it is changed', async () => {
    const { ask, path } = await startWithEndpoint();
    const url = 'https://169.254.169.254/latest/meta-data';
    expect(await ask('POST', '/webhooks', { url })).toEqual({ code: 'webhook_address_forbidden' });
    expect(await ask('PATCH', path, { url })).toEqual({ code: 'webhook_address_forbidden' });
    expect(await ask('GET', path)).toMatchObject({ url: HOOK });
  });

  it('has at most 20 endpoints for each workspace, also when they are created at the same time', async () => {
    const { ask } = await start();
    const made = await Promise.all(Array.from({ length: 25 }, () => ask('POST', '/webhooks', { url: HOOK })));
    expect(made.filter(({ code }) => code === 'webhook_limit_reached')).toHaveLength(5);
  });

  it('shows nothing of another workspace', async () => {
    const { ctx, ask, workspaceId, path } = await startWithEndpoint();
    await makeImported(ctx, { workspaceId });
    await sendWoken(ctx);
    const { eventId } = (await ctx.db.query.webhookDeliveries.findFirst())!;
    const stranger = await makeApi(ctx);
    for (const [method, at, body] of [
      ['GET', path],
      ['PATCH', path, { enabled: false }],
      ['DELETE', path],
      ['POST', `${path}/test`],
      ['POST', `${path}/rotate-secret`],
      ['POST', `${path}/replay`],
      ['GET', `${path}/deliveries`],
      ['GET', `${path}/deliveries/${eventId}`],
      ['POST', `${path}/deliveries/${eventId}/replay`],
      // The id of the workspace is that of its endpoint for requests.
      ['GET', `/webhooks/${workspaceId}`],
    ] as const) {
      expect(await askAt(stranger, method, at, body)).toEqual({ code: 'webhook_not_found' });
    }
    expect(await askAt(stranger, 'GET', '/webhooks')).toEqual([]);
    expect(await ask('GET', path)).toMatchObject({ enabled: true });
  });
});

describe('the secret', () => {
  it('is rotated: both secrets verify during the overlap, the new one alone after it', async () => {
    const { ctx, ask, received, endpoint, path } = await startWithEndpoint();
    const rotated = await ask('POST', `${path}/rotate-secret`, { overlapSeconds: 3600 });
    expect(rotated).toMatchObject({
      id: endpoint.id,
      previousSecretUntil: new Date(ctx.now() + 3600_000).toISOString(),
    });
    await ask('POST', `${path}/test`);
    ctx.clock.advance(3600_000);
    await ask('POST', `${path}/test`);
    const [during, after] = received as [(typeof received)[0], (typeof received)[0]];
    const verify = (secret: string, { headers, body }: (typeof received)[0]) =>
      new Webhook(secret).verify(body, headers);
    verify(endpoint.secret, during);
    verify(rotated.secret, during);
    // The library refuses times that differ by more than five minutes, so only the number of signatures is seen.
    expect(after.headers['webhook-signature']?.split(' ')).toHaveLength(1);
    expect(await ask('GET', path)).toMatchObject({ previousSecretUntil: null });
  });

  it('that is two rotations old no longer signs', async () => {
    const { ask, received, endpoint, path } = await startWithEndpoint();
    const first = await ask('POST', `${path}/rotate-secret`);
    const second = await ask('POST', `${path}/rotate-secret`, {});
    await ask('POST', `${path}/test`);
    const [{ headers, body }] = received as [(typeof received)[0]];
    for (const { secret } of [first, second]) new Webhook(secret).verify(body, headers);
    expect(() => new Webhook(endpoint.secret).verify(body, headers)).toThrow('No matching signature');
  });

  it('of the URLs that requests name is given out by its rotation', async () => {
    const { ctx, ask, received, workspaceId } = await start();
    const { secret, id, url } = await ask('POST', '/webhooks/requests/rotate-secret', { overlapSeconds: 0 });
    expect([id, url]).toEqual(['requests', null]);
    const webhookUrl = 'https://caller.example.com/done';
    const job = await makeImported(ctx, { workspaceId, request: { webhookUrl } });
    await sendWoken(ctx);
    expect(received).toHaveLength(1);
    const [{ headers, body }] = received as [(typeof received)[0]];
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ jobId: job.id });
    expect(await ask('GET', '/webhooks/requests/deliveries')).toMatchObject({
      deliveries: [{ jobId: job.id, status: 'delivered', lastAttempt: { request: { url: webhookUrl } } }],
    });
    expect(await ask('GET', '/webhooks')).toEqual([]);
    for (const [method, path, change] of [
      ['PATCH', '/webhooks/requests', { enabled: false }],
      ['DELETE', '/webhooks/requests'],
      ['POST', '/webhooks/requests/test'],
    ] as const)
      expect(await ask(method, path, change)).toEqual({ code: 'webhook_not_found' });
  });
});
