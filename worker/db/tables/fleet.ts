import { sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { time } from './time.ts';

/** Downloaders that fetch their jobs from the Worker; each has a token, of which only the SHA-256 is kept. */
export const fleetMembers = sqliteTable(
  'fleet_members',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    tokenHash: text('token_hash').notNull(),
    createdAt: time('created_at').notNull(),
    revokedAt: time('revoked_at'),
    /** Of the last claim, to the minute. */
    lastSeenAt: time('last_seen_at'),
    /** The process that claimed last. */
    processId: text('process_id'),
  },
  (t) => [uniqueIndex('fleet_members_name').on(t.name), uniqueIndex('fleet_members_token').on(t.tokenHash)],
);
