/** Reservations of slots for jobs that run alone: what a claim reads, and when a reservation ends. */
import { sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { takesKind } from '../../contract/downloader/slot-names.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { slotReservations } from '../../db/tables/slots.ts';

/** The shortest time that a slot waits for its running jobs to end, in milliseconds; most jobs take less. */
const SHORTEST_WAIT_MS = 5 * 60_000;
/** A reservation may last this fraction of the time that the job has waited already. */
const PART_OF_WAIT = 1 / 4;
/** After a reservation, the slot serves the common queue for this many times as long. */
export const REST_PER_RESERVATION = 3;

/**
 * How long a slot is reserved for a job that has waited for `waitedMs`. Longer and longer, so that in the end every running
 * job ends within it. With the rest that follows, other jobs have three quarters of the slot's time.
 */
export function reservationMs(waitedMs: number): number {
  return Math.max(SHORTEST_WAIT_MS, Math.round(waitedMs * PART_OF_WAIT));
}

/** Which jobs a slot takes: 0 for files, 1 for pages. */
export function sortsOf({ config }: Ctx, slot: string): number[] {
  return [false, true].filter((isPage) => takesKind(slot, isPage, config)).map(Number);
}

/**
 * The ID of the job that the slot is reserved for and that is due; null while the slot serves the common queue. A job that turned
 * out to be a page waits for another slot.
 */
export function reservedJob(
  { slot, now, kinds = sql`1` }: { slot: string | SQL; now: number | SQL; kinds?: SQL | undefined },
  sorts: number[],
): SQL {
  return sql`(SELECT alone.id FROM ${slotReservations} AS own JOIN ${jobs} AS alone ON alone.id = own.job_id
    WHERE own.slot = ${slot} AND own.until > ${now} AND own.rest_until IS NULL
      AND alone.status = 'queued' AND alone.alone_after <= ${now} AND alone.is_page IN ${sorts} AND ${kinds})`;
}
