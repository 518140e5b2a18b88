/** Sends events again, under the same `webhook-id`. */
import { and, eq, inArray, ne, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { DeliveryKey, WebhookDeliveryRow, WebhookEndpointRow } from '../db/rows.ts';
import { webhookDeliveries } from '../db/tables/webhooks.ts';
import { wakeDeliveries } from '../doorbell/wake-deliveries.ts';
import { AppError } from '../errors.ts';
import { MAX_IN_LANE, isDelivery } from './claim-delivery.ts';

/** Deliveries of one statement, and statements of one request. */
const ROWS_PER_STATEMENT = 1_000;
const MAX_STATEMENTS = 100;

/**
 * Sends one event again, also when it was delivered: with ten new attempts, the first of them now. A delivery that is being
 * sent is left alone. AppError `webhook_delivery_not_found`, or `webhook_disabled`.
 */
export async function replayDelivery(
  ctx: Ctx,
  endpoint: WebhookEndpointRow,
  eventId: string,
): Promise<WebhookDeliveryRow> {
  requireEnabled(endpoint);
  const key = { endpointId: endpoint.id, eventId };
  const [row] = await makeDue(ctx, and(isDelivery(key), ne(webhookDeliveries.status, 'sending')));
  if (row) {
    await wakeDeliveries(ctx, [key]);
    return row;
  }
  const sending = await ctx.db.query.webhookDeliveries.findFirst({ where: isDelivery(key) });
  if (!sending) throw new AppError('webhook_delivery_not_found');
  return sending;
}

/** Sends every failed event again and returns their number. AppError `webhook_disabled`. */
export async function replayFailed(ctx: Ctx, endpoint: WebhookEndpointRow): Promise<number> {
  requireEnabled(endpoint);
  const first = new Map<string, DeliveryKey[]>();
  let replayed = 0;
  for (let statement = 0; statement < MAX_STATEMENTS; statement++) {
    const rows = await makeDue(ctx, someFailed(ctx, endpoint.id));
    replayed += rows.length;
    for (const row of rows) {
      const ofLane = first.get(row.lane) ?? [];
      if (ofLane.length < MAX_IN_LANE) first.set(row.lane, [...ofLane, row]);
    }
    if (rows.length < ROWS_PER_STATEMENT) break;
  }
  // The others follow: each attempt that ends wakes the next delivery of its lane.
  await wakeDeliveries(ctx, [...first.values()].flat());
  return replayed;
}

function requireEnabled({ disabledAt }: WebhookEndpointRow): void {
  if (disabledAt !== null) throw new AppError('webhook_disabled');
}

function makeDue(ctx: Ctx, which: SQL | undefined): Promise<WebhookDeliveryRow[]> {
  return ctx.db
    .update(webhookDeliveries)
    .set({ status: 'waiting', tries: 0, nextAt: ctx.now(), endedAt: null })
    .where(which)
    .returning();
}

function someFailed(ctx: Ctx, endpointId: string): SQL | undefined {
  const some = ctx.db
    .select({ eventId: webhookDeliveries.eventId })
    .from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.endpointId, endpointId), sql`${webhookDeliveries.status} = 'failed'`))
    .limit(ROWS_PER_STATEMENT);
  return and(eq(webhookDeliveries.endpointId, endpointId), inArray(webhookDeliveries.eventId, some));
}
