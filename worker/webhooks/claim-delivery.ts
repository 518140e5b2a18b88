import { and, eq, lte, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { DeliveryKey, WebhookDeliveryRow } from '../db/rows.ts';
import { webhookDeliveries } from '../db/tables/webhooks.ts';

/** Attempts of one lane at the same time, so that an endpoint that never answers does not take the place of others. */
export const MAX_IN_LANE = 4;

/** Longer than an attempt may take. After that, its sender is taken for dead and the delivery is sent again. */
const LEASE_MS = 60_000;

/** Selects the row of a delivery. */
export function isDelivery({ endpointId, eventId }: DeliveryKey) {
  return and(eq(webhookDeliveries.endpointId, endpointId), eq(webhookDeliveries.eventId, eventId));
}

/**
 * Takes a due delivery for one attempt. Null when it is not due, another sender has it, or its lane is full: then the
 * attempt that ends next in this lane wakes it.
 */
export async function claimDelivery(ctx: Ctx, key: DeliveryKey): Promise<WebhookDeliveryRow | null> {
  const now = ctx.now();
  const running = sql`(SELECT count(*) FROM ${webhookDeliveries} AS other
    WHERE other.lane = ${webhookDeliveries.lane} AND other.status = 'sending' AND other.next_at > ${now})`;
  const [claimed] = await ctx.db
    .update(webhookDeliveries)
    .set({
      status: 'sending',
      attempt: sql`${webhookDeliveries.attempt} + 1`,
      tries: sql`${webhookDeliveries.tries} + 1`,
      nextAt: now + LEASE_MS,
    })
    .where(and(isDelivery(key), lte(webhookDeliveries.nextAt, now), sql`${running} < ${MAX_IN_LANE}`))
    .returning();
  return claimed ?? null;
}
