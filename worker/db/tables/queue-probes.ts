import { sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { time } from './time.ts';

/** Messages that a diagnosis sends through the doorbell queue; `receivedAt` is null until the consumer sees the message. */
export const queueProbes = sqliteTable('queue_probes', {
  id: text('id').primaryKey(),
  workspaceId: text('workspace_id').notNull(),
  sentAt: time('sent_at').notNull(),
  receivedAt: time('received_at'),
});
