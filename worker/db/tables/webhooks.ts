/** Webhooks: who is told about events, what was sent to them, and what they answered. */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { AttemptError } from '../../contract/api/webhooks/delivery-view.ts';
import type { WebhookEvent } from '../../contract/webhook-event.ts';
import { time } from './time.ts';
import { workspaces } from './workspaces.ts';

/** `gone`: the endpoint answered 410. */
export type DisabledReason = 'owner' | 'gone';

/** What the body of a request looks like: Importly's flat object, or `{type, timestamp, data}`. */
export type WebhookFormat = 'flat' | 'full';

/**
 * An endpoint. The one whose id is that of its workspace has no URL: it stands for the URLs that requests name
 * (`webhookUrl`), and its secret signs what is sent there. Secrets are AES-256-GCM records, as in `destinations`.
 */
export const webhookEndpoints = sqliteTable(
  'webhook_endpoints',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    url: text('url'),
    description: text('description'),
    /** The types of events that it is told about. */
    events: text('events', { mode: 'json' }).$type<readonly WebhookEvent[]>().notNull(),
    format: text('format').$type<WebhookFormat>().notNull(),
    secret: text('secret').notNull(),
    /** The secret before the last rotation, which signs too until `previousSecretUntil`. */
    previousSecret: text('previous_secret'),
    previousSecretUntil: time('previous_secret_until'),
    /** Null while events are sent. */
    disabledAt: time('disabled_at'),
    disabledReason: text('disabled_reason').$type<DisabledReason>(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [index('webhook_endpoints_workspace').on(t.workspaceId)],
);

/** waiting ⇄ sending → delivered | failed. A replay leads back to waiting. */
export type DeliveryStatus = 'waiting' | 'sending' | 'delivered' | 'failed';

/** One event for one endpoint. The id of the event is the `webhook-id` of every request. */
export const webhookDeliveries = sqliteTable(
  'webhook_deliveries',
  {
    endpointId: text('endpoint_id').notNull(),
    eventId: text('event_id').notNull(),
    workspaceId: text('workspace_id').notNull(),
    type: text('type').notNull(),
    /** What the event is about; null for a test. */
    jobId: text('job_id'),
    /** Where the job asked to be announced. Null: the URL of the endpoint. */
    url: text('url'),
    /** Deliveries in the same lane wait for each other: those of one endpoint, or to one host that requests name. */
    lane: text('lane').notNull(),
    status: text('status').$type<DeliveryStatus>().notNull(),
    /** Numbers the attempts. Only the attempt with this number may change the row. */
    attempt: integer('attempt').notNull().default(0),
    /** Attempts since the event or the last replay. */
    tries: integer('tries').notNull().default(0),
    /** When a waiting delivery is due, or when the sender of a running attempt is given up. Null at the end. */
    nextAt: time('next_at'),
    createdAt: time('created_at').notNull(),
    endedAt: time('ended_at'),
  },
  (t) => [
    primaryKey({ columns: [t.endpointId, t.eventId] }),
    // Counts the running attempts of a lane and finds its next due delivery.
    index('webhook_deliveries_open')
      .on(t.lane, t.status, t.nextAt)
      .where(sql`next_at IS NOT NULL`),
    // Lists and replays what an endpoint did not take.
    index('webhook_deliveries_failed')
      .on(t.endpointId, t.eventId)
      .where(sql`status = 'failed'`),
  ],
);

/** One request and its answer. */
export const webhookAttempts = sqliteTable(
  'webhook_attempts',
  {
    endpointId: text('endpoint_id').notNull(),
    eventId: text('event_id').notNull(),
    attempt: integer('attempt').notNull(),
    startedAt: time('started_at').notNull(),
    durationMs: integer('duration_ms').notNull(),
    url: text('url').notNull(),
    requestHeaders: text('request_headers', { mode: 'json' }).$type<Record<string, string>>().notNull(),
    requestBody: text('request_body').notNull(),
    /** Null when no answer came. */
    status: integer('status'),
    /** The first characters of the answer. */
    answerBody: text('answer_body'),
    /** Why the attempt failed; null when it did not. */
    error: text('error').$type<AttemptError>(),
  },
  (t) => [primaryKey({ columns: [t.endpointId, t.eventId, t.attempt] })],
);

/** What a downloader found at the hosts of webhooks. Without a row, a host was not looked at. */
export const webhookHosts = sqliteTable(
  'webhook_hosts',
  {
    /** `host:port`. */
    host: text('host').primaryKey(),
    /** Whether it has an address to which webhooks may go. */
    isAllowed: integer('is_allowed', { mode: 'boolean' }).notNull(),
    checkedAt: time('checked_at').notNull(),
  },
  // Finds verdicts that nobody renews.
  (t) => [index('webhook_hosts_checked').on(t.checkedAt)],
);
