/** Sends one delivery, and sees to what follows: the next attempt, or the next delivery of the same lane. */
import { and, asc, eq, lte } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { AttemptError } from '../contract/api/webhooks/delivery-view.ts';
import { TEST_EVENT } from '../contract/webhook-event.ts';
import type { DeliveryKey, WebhookDeliveryRow, WebhookEndpointRow } from '../db/rows.ts';
import { webhookDeliveries } from '../db/tables/webhooks.ts';
import { wakeDeliveries } from '../doorbell/wake-deliveries.ts';
import { errorText } from '../error-text.ts';
import { AppError } from '../errors.ts';
import { VERSION } from '../version.ts';
import { checkWebhookUrl } from './check-url.ts';
import { claimDelivery } from './claim-delivery.ts';
import { findEndpointOf } from './endpoint-rows.ts';
import { validSecrets } from './endpoint-secrets.ts';
import { mayConnect } from './host-verdict.ts';
import { payloadOf } from './payload.ts';
import { postWebhook, type WebhookRequest } from './post-webhook.ts';
import { recordAttempt, type EndedAttempt } from './record-attempt.ts';
import { MAX_TRIES } from './retry-schedule.ts';
import { signatureHeaders } from './signature.ts';

/**
 * Sends a delivery if it is due. Never throws: when the sender dies or the database does not answer, the lease of the attempt
 * expires, and the sweep wakes the delivery again.
 */
export async function deliver(ctx: Ctx, key: DeliveryKey): Promise<void> {
  try {
    const delivery = await claimDelivery(ctx, key);
    if (!delivery) return;
    const endpoint = await findEndpointOf(ctx, delivery);
    // Its owner has just deleted it, with all its deliveries.
    if (!endpoint) return;
    const attempt = await tryOnce(ctx, delivery, endpoint);
    const waitMs = await recordAttempt(ctx, delivery, attempt);
    logAttempt(ctx, delivery, attempt, waitMs);
    if (waitMs !== null) await wakeDeliveries(ctx, [key], Math.ceil(waitMs / 1000));
    await wakeDeliveries(ctx, await nextOfLane(ctx, delivery.lane));
  } catch (error) {
    ctx.log.error('webhook.broken', { ...key, error: errorText(error) });
  }
}

async function tryOnce(
  ctx: Ctx,
  delivery: WebhookDeliveryRow,
  endpoint: WebhookEndpointRow,
): Promise<EndedAttempt> {
  const startedAt = ctx.now();
  const url = delivery.url ?? endpoint.url ?? '';
  const prepared = await prepare(ctx, { delivery, endpoint, url });
  if (typeof prepared === 'string') {
    const result = { answer: null, error: prepared, retryAfterMs: null };
    return { startedAt, request: { url, headers: {}, body: '' }, result };
  }
  return { startedAt, request: prepared, result: await postWebhook(ctx, prepared) };
}

/** The signed request, or why none can be sent. */
async function prepare(
  ctx: Ctx,
  { delivery, endpoint, url }: { delivery: WebhookDeliveryRow; endpoint: WebhookEndpointRow; url: string },
): Promise<WebhookRequest | AttemptError> {
  // Its sender died in the last attempt.
  if (delivery.tries > MAX_TRIES) return 'interrupted';
  if (endpoint.disabledAt !== null && delivery.type !== TEST_EVENT) return 'endpoint_disabled';
  if (!isAllowed(ctx, url) || !(await mayConnect(ctx, url))) return 'address_forbidden';
  const secrets = await validSecrets(ctx, endpoint);
  if (secrets.length === 0) return 'secret_unreadable';
  const body = await payloadOf(ctx, delivery, endpoint.format);
  if (body === null) return 'outdated';
  const message = { id: delivery.eventId, timestamp: Math.floor(ctx.now() / 1000), body };
  const headers = {
    'content-type': 'application/json',
    'user-agent': `importly-open/${VERSION}`,
    'webhook-event': delivery.type,
    ...(await signatureHeaders(secrets, message)),
  };
  return { url, headers, body };
}

/** The operator may have changed EGRESS_ALLOW since the URL was saved. */
function isAllowed({ config }: Ctx, url: string): boolean {
  try {
    checkWebhookUrl(config, url, 'url');
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function nextOfLane(ctx: Ctx, lane: string): Promise<DeliveryKey[]> {
  return ctx.db
    .select({ endpointId: webhookDeliveries.endpointId, eventId: webhookDeliveries.eventId })
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.lane, lane),
        eq(webhookDeliveries.status, 'waiting'),
        lte(webhookDeliveries.nextAt, ctx.now()),
      ),
    )
    .orderBy(asc(webhookDeliveries.nextAt))
    .limit(1);
}

/** Without the URL, whose query may be secret, and without the answer, which somebody else wrote. */
function logAttempt(
  ctx: Ctx,
  { workspaceId, endpointId, eventId, type, jobId, attempt }: WebhookDeliveryRow,
  { startedAt, request, result }: EndedAttempt,
  waitMs: number | null,
): void {
  ctx.log.info('webhook.sent', {
    workspaceId,
    endpointId,
    eventId,
    type,
    jobId,
    attempt,
    host: URL.parse(request.url)?.host,
    status: result.answer?.status ?? null,
    error: result.error,
    durationMs: ctx.now() - startedAt,
    waitMs,
  });
}
