/** The log of an endpoint: its deliveries with their attempts. */
import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { DeliveryKey, WebhookAttemptRow, WebhookDeliveryRow } from '../db/rows.ts';
import { webhookAttempts, webhookDeliveries } from '../db/tables/webhooks.ts';
import { AppError } from '../errors.ts';
import { isDelivery } from './claim-delivery.ts';

export interface LoggedDelivery {
  delivery: WebhookDeliveryRow;
  lastAttempt: WebhookAttemptRow | null;
}

/** One page, the latest event first. `before` is the id of the last event of the page before, absent for the first page. */
export function listDeliveries(
  ctx: Ctx,
  asked: {
    endpointId: string;
    status?: WebhookDeliveryRow['status'] | undefined;
    before?: string | null;
    limit: number;
  },
): Promise<LoggedDelivery[]> {
  const { endpointId, status, before, limit } = asked;
  const latest = sql`(SELECT max(attempt) FROM ${webhookAttempts} AS tried
    WHERE tried.endpoint_id = ${webhookDeliveries.endpointId} AND tried.event_id = ${webhookDeliveries.eventId})`;
  return ctx.db
    .select({ delivery: webhookDeliveries, lastAttempt: webhookAttempts })
    .from(webhookDeliveries)
    .leftJoin(
      webhookAttempts,
      and(
        eq(webhookAttempts.endpointId, webhookDeliveries.endpointId),
        eq(webhookAttempts.eventId, webhookDeliveries.eventId),
        eq(webhookAttempts.attempt, latest),
      ),
    )
    .where(
      and(
        eq(webhookDeliveries.endpointId, endpointId),
        // As a constant, so that the index of failed deliveries serves it.
        status === undefined ? undefined : sql`${webhookDeliveries.status} = ${sql.raw(`'${status}'`)}`,
        before ? lt(webhookDeliveries.eventId, before) : undefined,
      ),
    )
    .orderBy(desc(webhookDeliveries.eventId))
    .limit(limit);
}

/** A delivery with its attempts, the latest first. AppError `webhook_delivery_not_found`. */
export async function getDelivery(
  ctx: Ctx,
  key: DeliveryKey,
): Promise<{ delivery: WebhookDeliveryRow; log: WebhookAttemptRow[] }> {
  const [[delivery], log] = await ctx.db.batch([
    ctx.db.select().from(webhookDeliveries).where(isDelivery(key)),
    ctx.db.query.webhookAttempts.findMany({
      where: and(eq(webhookAttempts.endpointId, key.endpointId), eq(webhookAttempts.eventId, key.eventId)),
      orderBy: [desc(webhookAttempts.attempt)],
    }),
  ]);
  if (!delivery) throw new AppError('webhook_delivery_not_found');
  return { delivery, log };
}
