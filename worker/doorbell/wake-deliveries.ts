/** Queue messages that wake the sender of webhooks: each names a delivery that is due. */
import type { Ctx } from '../context.ts';
import type { DeliveryKey } from '../db/rows.ts';
import { errorText } from '../error-text.ts';

/** Messages of one call (Cloudflare Queues: 100). */
const MESSAGES_PER_CALL = 100;

/**
 * Wakes the sender at once or after a delay of up to 24 hours. Never throws: the deliveries are safe in their rows, and the
 * next sweep wakes the sender again.
 */
export async function wakeDeliveries(
  ctx: Ctx,
  keys: readonly DeliveryKey[],
  delaySeconds = 0,
): Promise<void> {
  try {
    for (let at = 0; at < keys.length; at += MESSAGES_PER_CALL) {
      const some = keys.slice(at, at + MESSAGES_PER_CALL);
      await ctx.webhooks.sendBatch(
        some.map(({ endpointId, eventId }) => ({ body: { endpointId, eventId }, delaySeconds })),
      );
    }
  } catch (error) {
    ctx.log.error('webhook.wake_failed', { deliveries: keys.length, error: errorText(error) });
  }
}
