/** Turns the rows of webhooks into their public shapes, without secrets. */
import type { DeliveryDetails, DeliveryView } from '../contract/api/webhooks/delivery-view.ts';
import type { WebhookView } from '../contract/api/webhooks/endpoint.ts';
import type { WebhookAttemptRow, WebhookDeliveryRow, WebhookEndpointRow } from '../db/rows.ts';

/** The endpoint without a URL is called `requests`: it stands for the URLs that requests name. */
export function toWebhookView(row: WebhookEndpointRow, now: number): WebhookView {
  const { previousSecret, previousSecretUntil: until } = row;
  return {
    id: row.url === null ? 'requests' : row.id,
    url: row.url,
    events: [...row.events],
    format: row.format,
    description: row.description,
    enabled: row.disabledAt === null,
    disabledReason: row.disabledReason,
    previousSecretUntil: previousSecret !== null && until !== null && until > now ? iso(until) : null,
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}

/** A delivery with its last attempt. */
export function toDeliveryView(
  delivery: WebhookDeliveryRow,
  lastAttempt: WebhookAttemptRow | null,
): DeliveryView {
  return { ...toDelivery(delivery), lastAttempt: lastAttempt === null ? null : toAttempt(lastAttempt) };
}

/** A delivery with its attempts. */
export function toDeliveryDetails(delivery: WebhookDeliveryRow, log: WebhookAttemptRow[]): DeliveryDetails {
  return { ...toDelivery(delivery), log: log.map(toAttempt) };
}

function toDelivery({ eventId, type, jobId, status, attempt, nextAt, ...row }: WebhookDeliveryRow) {
  return {
    id: eventId,
    type,
    jobId,
    status,
    attempts: attempt,
    nextAttemptAt: status === 'waiting' ? isoOrNull(nextAt) : null,
    createdAt: iso(row.createdAt),
    endedAt: isoOrNull(row.endedAt),
  };
}

function toAttempt({
  attempt,
  startedAt,
  durationMs,
  url,
  status,
  answerBody,
  error,
  ...sent
}: WebhookAttemptRow) {
  return {
    attempt,
    startedAt: iso(startedAt),
    durationMs,
    request: { url, headers: sent.requestHeaders, body: sent.requestBody },
    answer: status === null ? null : { status, body: answerBody ?? '' },
    error,
  };
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : iso(time);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
