/** The consumer of the queue of webhooks. */
import { z } from 'zod';
import type { Ctx } from '../context.ts';
import { deliver } from './deliver.ts';

/** How the name of the queue ends, in wrangler.toml and in what `npm run deploy` makes of it. */
const SUFFIX = '-webhooks';

const DeliveryMessage = z.object({ endpointId: z.string(), eventId: z.string() });

/** Whether the messages of this queue are for `receiveDeliveries`. */
export function isWebhookQueue(queue: string): boolean {
  return queue.endsWith(SUFFIX);
}

/**
 * Sends the deliveries of messages that were acknowledged in the background, so that an endpoint that does not answer does not
 * hold up the messages behind it. What is lost meanwhile is found by the sweep.
 */
export function receiveDeliveries(ctx: Ctx, messages: readonly Message[]): void {
  for (const { id, body } of messages) {
    const message = DeliveryMessage.safeParse(body);
    if (message.success) ctx.background(deliver(ctx, message.data));
    else ctx.log.error('webhook.message_invalid', { id });
  }
}
