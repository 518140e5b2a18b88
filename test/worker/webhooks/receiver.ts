/** An endpoint that the test plays: it takes the requests of the sender and answers as it is told. */
import { eq } from 'drizzle-orm';
import type { Ctx } from '../../../worker/context.ts';
import type { WebhookInput } from '../../../worker/contract/api/webhooks/endpoint.ts';
import type { DeliveryKey, WebhookDeliveryRow } from '../../../worker/db/rows.ts';
import { webhookDeliveries } from '../../../worker/db/tables/webhooks.ts';
import { deliver } from '../../../worker/webhooks/deliver.ts';
import { createEndpoint, type WithSecret } from '../../../worker/webhooks/endpoints.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';

export const HOOK = 'https://app.example.com/hook';

export interface Received {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Receiver {
  ctx: TestCtx;
  received: Received[];
  /** What the next requests are answered with, the last one also all later ones. */
  answers: (() => Response | Promise<Response>)[];
}

/** A context whose requests to the network reach the receiver. It takes every event until it is told otherwise. */
export function startReceiver(overrides: Partial<Ctx> = {}): Receiver {
  const received: Received[] = [];
  const answers: Receiver['answers'] = [() => new Response('thanks')];
  const receive: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    // After an import, the Worker also looks at the public access to the bucket.
    if (request.method !== 'POST') throw new TypeError('these tests have no storage');
    if (request.redirect !== 'manual') throw new Error('the sender would follow a redirect');
    received.push({
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    });
    return (answers.length > 1 ? answers.shift() : answers[0])!();
  };
  return { ctx: makeCtx({ fetch: receive, ...overrides }), received, answers };
}

/** An endpoint of the workspace at HOOK. */
export function makeEndpoint(
  ctx: Ctx,
  workspaceId: string,
  input: Partial<WebhookInput> = {},
): Promise<WithSecret> {
  return createEndpoint(ctx, { workspaceId, input: { url: HOOK, ...input } });
}

/** The deliveries of a workspace, the oldest first. */
export function deliveriesOf(ctx: Ctx, workspaceId: string): Promise<WebhookDeliveryRow[]> {
  return ctx.db.query.webhookDeliveries.findMany({
    where: eq(webhookDeliveries.workspaceId, workspaceId),
    orderBy: (row, { asc }) => [asc(row.createdAt), asc(row.eventId), asc(row.endpointId)],
  });
}

/** What the consumer does with the messages that were sent so far. */
export async function sendWoken(ctx: TestCtx): Promise<void> {
  await ctx.settled();
  for (const key of ctx.wakes.splice(0)) await deliver(ctx, key);
}

export function keyOf({ endpointId, eventId }: WebhookDeliveryRow): DeliveryKey {
  return { endpointId, eventId };
}
