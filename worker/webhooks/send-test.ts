import type { Ctx } from '../context.ts';
import { TEST_EVENT } from '../contract/webhook-event.ts';
import { webhookDeliveries } from '../db/tables/webhooks.ts';
import { getDelivery } from './deliveries.ts';
import { deliver } from './deliver.ts';
import { getOwnEndpoint, type EndpointRef } from './endpoint-rows.ts';

/**
 * Sends a test event at once, also to a disabled endpoint, and returns its delivery with the answer. It is not repeated.
 * AppError `webhook_not_found`.
 */
export async function sendTest(ctx: Ctx, ref: EndpointRef): ReturnType<typeof getDelivery> {
  const { id: endpointId, workspaceId } = await getOwnEndpoint(ctx, ref);
  const key = { endpointId, eventId: ctx.newId() };
  const now = ctx.now();
  await ctx.db.insert(webhookDeliveries).values({
    ...key,
    workspaceId,
    type: TEST_EVENT,
    lane: endpointId,
    status: 'waiting',
    nextAt: now,
    createdAt: now,
  });
  await deliver(ctx, key);
  return getDelivery(ctx, key);
}
