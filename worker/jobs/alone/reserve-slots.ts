/** The part of the sweep that reserves slots for jobs that run alone. */
import { and, asc, eq, isNull, lt, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import {
  fleetSlots,
  isPageSlot,
  memberSlot,
  pageSlot,
  takesKind,
} from '../../contract/downloader/slot-names.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { slotPauses, slotReservations } from '../../db/tables/slots.ts';
import { workspaces } from '../../db/tables/workspaces.ts';
import { workingMembers } from '../find-silence.ts';
import { isCommonWorkDue } from '../is-work-due.ts';
import { dueAt } from './crashes.ts';
import { reservationMs, REST_PER_RESERVATION } from './reservations.ts';

/** At most this part of the slots for pages is reserved at once, but at least one of them, and as much of all other slots. */
const PART_OF_FLEET = 1 / 4;
/** Reservations of one sweep: each is five of the 100 values that a statement of D1 takes. */
const MAX_AT_ONCE = 15;
/** How many waiting jobs of each kind one sweep looks at. */
const MAX_WAITING = 100;

/**
 * Gives each due job that runs alone a slot: an idle one, or the one with the fewest running jobs, which then takes no
 * other job until it is empty. Does nothing while no such job is due. The caller rings.
 */
export async function reserveSlots(ctx: Ctx): Promise<void> {
  await endReservations(ctx);
  const waiting = await findWaiting(ctx);
  if (waiting.length === 0) return;
  const pairs = pairUp(ctx, waiting, await findSlots(ctx)).slice(0, MAX_AT_ONCE);
  if (pairs.length > 0) await reserve(ctx, pairs);
}

interface Pair {
  job: Waiting;
  slot: string;
}

/** Each job with the first free slot that takes it: pages may have slots of their own, and then take no place of the others. */
function pairUp({ config }: Ctx, waiting: Waiting[], { slots, places }: FreeSlots): Pair[] {
  const free = new Set(slots);
  const left = { ...places };
  return waiting.flatMap((job) => {
    const slot = [...free].find((slot) => takesKind(slot, job.isPage, config) && left[groupOf(slot)] > 0);
    if (slot === undefined) return [];
    free.delete(slot);
    left[groupOf(slot)] -= 1;
    return [{ job, slot }];
  });
}

/** Slots that are reserved apart: neither kind of source may take the places of the other. */
type Group = 'forPages' | 'others';

function groupOf(slot: string): Group {
  return isPageSlot(slot) ? 'forPages' : 'others';
}

interface FreeSlots {
  /** Those with the fewest running jobs first. */
  slots: string[];
  /** How many of each group may be reserved now. */
  places: Record<Group, number>;
}

/**
 * A reservation is over when its job has run there, or no longer waits, or its time has passed. Then the slot rests. A job that turned
 * out to be a page has run there.
 */
async function endReservations(ctx: Ctx): Promise<void> {
  const now = ctx.now();
  const { jobId, slot, since, until, restUntil } = slotReservations;
  await ctx.db
    .update(slotReservations)
    .set({ restUntil: sql`${now} + ${REST_PER_RESERVATION} * (${now} - ${since})` })
    .where(
      and(
        isNull(restUntil),
        sql`NOT EXISTS (SELECT 1 FROM ${jobs} AS alone WHERE alone.id = ${jobId} AND (
          (alone.status = 'queued' AND ${until} > ${now} AND ${isTakenBy(ctx, slot)}) OR (alone.status = 'processing' AND alone.slot = ${slot})))`,
      ),
    );
}

function isTakenBy({ config }: Ctx, slot: typeof slotReservations.slot): SQL {
  if (config.PAGE_SLOTS === 0) return sql`1`;
  return sql`(${slot} LIKE ${memberSlot('%')} OR alone.is_page = (${slot} LIKE ${pageSlot('%')}))`;
}

type Waiting = Pick<typeof jobs.$inferSelect, 'id' | 'workspaceId' | 'runAfter' | 'aloneAfter' | 'isPage'>;

/**
 * Due jobs without a reservation whose workspaces may start one. With slots for pages, files and pages are looked for apart: many
 * jobs of one kind must not hide those of the other.
 */
async function findWaiting(ctx: Ctx): Promise<Waiting[]> {
  if (ctx.config.PAGE_SLOTS === 0) return waitingOf(ctx);
  const [files, pages] = await ctx.db.batch([waitingOf(ctx, false), waitingOf(ctx, true)]);
  return [...files, ...pages].toSorted(
    (a, b) => a.turn - b.turn || a.running - b.running || dueAt(a) - dueAt(b),
  );
}

/** First one job of each workspace, then a second one, and so on. As in the common queue, the workspaces with the fewest running jobs come first. */
function waitingOf(ctx: Ctx, pages?: boolean) {
  const { id, workspaceId, runAfter, aloneAfter, isPage } = jobs;
  const turn = sql<number>`row_number() OVER (PARTITION BY ${workspaceId} ORDER BY ${aloneAfter}, ${id})`;
  return ctx.db
    .select({
      id,
      workspaceId,
      runAfter,
      aloneAfter,
      isPage,
      running: workspaces.running,
      turn: turn.as('turn'),
    })
    .from(jobs)
    .innerJoin(workspaces, eq(workspaces.id, jobs.workspaceId))
    .where(
      and(
        pages === undefined ? undefined : eq(isPage, pages),
        sql`${jobs.status} = 'queued' AND ${aloneAfter} IS NOT NULL AND ${aloneAfter} <= ${ctx.now()}`,
        lt(workspaces.running, workspaces.maxConcurrent),
        sql`NOT EXISTS (SELECT 1 FROM ${slotReservations} AS own WHERE own.job_id = ${id} AND own.rest_until IS NULL)`,
      ),
    )
    .orderBy(sql`turn`, asc(workspaces.running), asc(aloneAfter))
    .limit(MAX_WAITING);
}

/** The slots that may be reserved. A slot that rests is reserved only if it is idle and nobody waits for it. */
async function findSlots(ctx: Ctx): Promise<FreeSlots> {
  const fleet = [...fleetSlots(ctx.config), ...(await workingMembers(ctx))];
  const [paused, reserved] = await ctx.db.batch([
    ctx.db.select({ slot: slotPauses.slot }).from(slotPauses),
    ctx.db.select().from(slotReservations),
  ]);
  const open = reserved.filter(({ restUntil }) => restUntil === null);
  const resting = reserved.filter(({ restUntil }) => restUntil !== null && restUntil > ctx.now());
  const [excluded, restingSlots] = [slotsOf([...paused, ...open]), slotsOf(resting)];
  const [running, othersWait] = [await countRunning(ctx), await isCommonWorkDue(ctx)];
  const load = (slot: string) => running.get(slot) ?? 0;
  const placesOf = (group: Group) => placesLeft(fleet, [...slotsOf(open)], group);
  const slots = fleet
    .filter((slot) => !excluded.has(slot) && !(restingSlots.has(slot) && (othersWait || load(slot) > 0)))
    .toSorted((a, b) => load(a) - load(b));
  return { slots, places: { forPages: placesOf('forPages'), others: placesOf('others') } };
}

function placesLeft(fleet: string[], reserved: string[], group: Group): number {
  const [all, taken] = [fleet, reserved].map(
    (slots) => slots.filter((slot) => groupOf(slot) === group).length,
  );
  return Math.max(1, Math.floor((all ?? 0) * PART_OF_FLEET)) - (taken ?? 0);
}

function slotsOf(rows: { slot: string }[]): Set<string> {
  return new Set(rows.map(({ slot }) => slot));
}

/** The number of running jobs of each slot that has some. */
async function countRunning(ctx: Ctx): Promise<Map<string | null, number>> {
  const rows = await ctx.db
    .select({ slot: jobs.slot, running: sql<number>`count(*)` })
    .from(jobs)
    .where(eq(jobs.status, 'processing'))
    .groupBy(jobs.slot);
  return new Map(rows.map((row) => [row.slot, row.running]));
}

async function reserve(ctx: Ctx, pairs: Pair[]): Promise<void> {
  const now = ctx.now();
  const rows = pairs.map(({ job, slot }) => ({
    slot,
    jobId: job.id,
    since: now,
    until: now + reservationMs(now - dueAt(job)),
    restUntil: null,
  }));
  const given = (column: string) => sql.raw(`excluded.${column}`);
  await ctx.db
    .insert(slotReservations)
    .values(rows)
    .onConflictDoUpdate({
      target: slotReservations.slot,
      set: { jobId: given('job_id'), since: given('since'), until: given('until'), restUntil: null },
    });
  for (const [index, { slot, jobId, until }] of rows.entries()) {
    const workspaceId = pairs[index]?.job.workspaceId;
    ctx.log.info('slot.reserved', { slot, jobId, workspaceId, until: new Date(until).toISOString() });
  }
}
