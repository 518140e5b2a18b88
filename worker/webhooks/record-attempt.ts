/** Writes down an attempt and what follows from it, in one batch. */
import { and, eq, isNotNull } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { AttemptError } from '../contract/api/webhooks/delivery-view.ts';
import { PROGRESS_EVENT, TEST_EVENT } from '../contract/webhook-event.ts';
import { boundRow } from '../db/bound-row.ts';
import type { WebhookDeliveryRow } from '../db/rows.ts';
import { webhookAttempts, webhookDeliveries, webhookEndpoints } from '../db/tables/webhooks.ts';
import { isDelivery } from './claim-delivery.ts';
import type { WebhookRequest, WebhookResult } from './post-webhook.ts';
import { nextWaitMs } from './retry-schedule.ts';

export interface EndedAttempt {
  startedAt: number;
  /** What was sent; with an empty body when nothing was. */
  request: WebhookRequest;
  result: WebhookResult;
}

/** After these, another attempt is of no use. */
const FINAL_ERRORS: readonly AttemptError[] = ['gone', 'endpoint_disabled', 'outdated', 'interrupted'];

/** Events that are sent once: a later one says more, or a person waits for the answer. */
const SENT_ONCE: readonly string[] = [PROGRESS_EVENT, TEST_EVENT];

/** Returns the wait in milliseconds before the next attempt; null when there is none. */
export async function recordAttempt(
  ctx: Ctx,
  delivery: WebhookDeliveryRow,
  attempt: EndedAttempt,
): Promise<number | null> {
  const { error, retryAfterMs } = attempt.result;
  const isFinal = error === null || FINAL_ERRORS.includes(error) || SENT_ONCE.includes(delivery.type);
  const waitMs = isFinal ? null : nextWaitMs({ tries: delivery.tries, retryAfterMs, random: ctx.random() });
  const isGone = error === 'gone' && delivery.url === null;
  await ctx.db.batch([
    insertAttempt(ctx, delivery, attempt),
    endAttempt(ctx, delivery, { error, waitMs }),
    ...(isGone ? disableEndpoint(ctx, delivery.endpointId, 'gone') : []),
  ]);
  return waitMs;
}

/** Ends the deliveries of the endpoint that wait, and sends it no further events. */
export function disableEndpoint(ctx: Ctx, endpointId: string, reason: 'gone' | 'owner') {
  const now = ctx.now();
  const disable = ctx.db
    .update(webhookEndpoints)
    .set({ disabledAt: now, disabledReason: reason, updatedAt: now })
    .where(eq(webhookEndpoints.id, endpointId));
  const endWaiting = ctx.db
    .update(webhookDeliveries)
    .set({ status: 'failed', nextAt: null, endedAt: now })
    .where(
      and(
        // The index of open deliveries begins with the lane.
        eq(webhookDeliveries.lane, endpointId),
        eq(webhookDeliveries.status, 'waiting'),
        isNotNull(webhookDeliveries.nextAt),
      ),
    );
  return [disable, endWaiting] as const;
}

/** Nothing for a delivery that was deleted while it was sent: its log is deleted too. */
function insertAttempt(ctx: Ctx, delivery: WebhookDeliveryRow, { startedAt, request, result }: EndedAttempt) {
  const { endpointId, eventId, attempt } = delivery;
  const row = boundRow(webhookAttempts, {
    endpointId,
    eventId,
    attempt,
    startedAt,
    durationMs: ctx.now() - startedAt,
    url: request.url,
    requestHeaders: request.headers,
    requestBody: request.body,
    status: result.answer?.status ?? null,
    answerBody: result.answer?.body ?? null,
    error: result.error,
  });
  return ctx.db
    .insert(webhookAttempts)
    .select(ctx.db.select(row).from(webhookDeliveries).where(isDelivery(delivery)));
}

/** Changes nothing when the lease of the attempt has expired and another one has begun. */
function endAttempt(
  ctx: Ctx,
  delivery: WebhookDeliveryRow,
  { error, waitMs }: { error: AttemptError | null; waitMs: number | null },
) {
  const now = ctx.now();
  const end =
    waitMs === null
      ? { status: error === null ? ('delivered' as const) : ('failed' as const), nextAt: null, endedAt: now }
      : { status: 'waiting' as const, nextAt: now + waitMs };
  return ctx.db
    .update(webhookDeliveries)
    .set(end)
    .where(
      and(
        isDelivery(delivery),
        eq(webhookDeliveries.attempt, delivery.attempt),
        eq(webhookDeliveries.status, 'sending'),
      ),
    );
}
