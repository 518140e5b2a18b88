import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { time } from './time.ts';

/** Messages that a queue gave up on: kept for a person to look at, since nothing else has them any more. */
export const deadLetters = sqliteTable('dead_letters', {
  /** The id that the queue gave the message. */
  id: text('id').primaryKey(),
  /** As JSON. */
  body: text('body').notNull(),
  /** How often the dead-letter queue delivered it until it was written down. */
  attempts: integer('attempts').notNull(),
  sentAt: time('sent_at').notNull(),
  receivedAt: time('received_at').notNull(),
});
