import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Versions } from '../../contract/downloader/command.ts';
import { time } from './time.ts';

/** The last self-report of each downloader in the fleet, to the minute. */
export const slots = sqliteTable('slots', {
  slot: text('slot').primaryKey(),
  capacity: integer('capacity').notNull(),
  versions: text('versions', { mode: 'json' }).$type<Versions>().notNull(),
  lastSeenAt: time('last_seen_at').notNull(),
  /** The process that reported. Another one means that the downloader has started again. */
  processId: text('process_id'),
});

/** Slots that get no jobs for a while, because they did not take the last one. A slot that takes jobs has no row. */
export const slotPauses = sqliteTable(
  'slot_pauses',
  {
    slot: text('slot').primaryKey(),
    /** When it first failed to take a job. */
    since: time('since').notNull(),
    /** Tries that have failed since then. */
    tries: integer('tries').notNull(),
    /** When it is tried again. */
    pausedUntil: time('paused_until').notNull(),
    /** Whether the last try got no answer at all. A slot that is full or shutting down answers. */
    isSilent: integer('is_silent', { mode: 'boolean' }).notNull(),
  },
  // A claim finds the slots that are due for a try, however many are paused.
  (t) => [index('slot_pauses_due').on(t.pausedUntil)],
);

/**
 * Slots that jobs are sent to. A claim looks only at those that are open: it closes a slot that is full, and a trigger opens it when a job
 * leaves it.
 */
export const slotRooms = sqliteTable(
  'slot_rooms',
  {
    isPage: integer('is_page', { mode: 'boolean' }).notNull(),
    number: integer('number').notNull(),
    hasRoom: integer('has_room', { mode: 'boolean' }).notNull(),
    /** Whether its extra place is free. */
    hasExtra: integer('has_extra', { mode: 'boolean' }).notNull(),
    /** Until then, slots with a current downloader come first. */
    outdatedUntil: time('outdated_until').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.isPage, t.number] }),
    index('slot_rooms_open')
      .on(t.isPage, t.number)
      .where(sql`has_room = 1`),
    index('slot_rooms_extra')
      .on(t.isPage, t.number)
      .where(sql`has_extra = 1`),
  ],
);

/**
 * Slots that are to run one job alone: until it is claimed or the time has passed, the slot takes no other job. A slot keeps
 * the row of its last reservation.
 */
export const slotReservations = sqliteTable(
  'slot_reservations',
  {
    slot: text('slot').primaryKey(),
    jobId: text('job_id').notNull(),
    since: time('since').notNull(),
    until: time('until').notNull(),
    /** Set when the reservation is over: before this time, the slot is not reserved again while other jobs wait. */
    restUntil: time('rest_until'),
  },
  // A claim looks for jobs that run alone, and most slots have none.
  (t) => [
    index('slot_reservations_open')
      .on(t.until)
      .where(sql`rest_until IS NULL`),
  ],
);
