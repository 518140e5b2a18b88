import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Versions } from '../../contract/downloader/command.ts';
import { time } from './time.ts';

/** The last self-report of each downloader in the fleet. */
export const slots = sqliteTable('slots', {
  slot: text('slot').primaryKey(),
  capacity: integer('capacity').notNull(),
  versions: text('versions', { mode: 'json' }).$type<Versions>().notNull(),
  lastSeenAt: time('last_seen_at').notNull(),
});
