/**
 * Which slots of the fleet may have room for a job: a row for each, of which a claim looks at a few that are open. A row that is wrong
 * costs a look or, for at most a minute, a free place: a claim counts the running jobs, and the sweep corrects the rows.
 */
import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { slotPauses, slotReservations, slotRooms, slots } from '../../db/tables/slots.ts';
import { EXTRA_PLACES } from '../../contract/downloader/extra-places.ts';
import { fleetSlots, isPageSlot, slotNumber, slotPrefix } from '../../contract/downloader/slot-names.ts';
import { busyPlaces } from './next-job.ts';

/** Open slots that one claim compares: a few random ones spread the jobs nearly as well as all. */
const CANDIDATES = 4;
/** A slot that does not know a command is asked last for this long, in milliseconds: until its downloader is updated. */
const OUTDATED_MS = 600_000;

/** The slots for pages, or the others. */
export interface SlotKind {
  pages: boolean;
  /** How many slots the fleet has. */
  count: number;
}

/** The slots that jobs are sent to. */
export function slotKinds(ctx: Ctx): SlotKind[] {
  const { DOWNLOADER_SLOTS, PAGE_SLOTS } = ctx.config;
  return [
    { pages: false, count: DOWNLOADER_SLOTS },
    { pages: true, count: PAGE_SLOTS },
  ].filter(({ count }) => count > (ctx.config.share?.database ?? 0));
}

/** With several databases, each has rows for its own slots only; one that had more keeps the others, which are not meant. */
function isOwn({ config: { share } }: Ctx, number: SQL): SQL {
  return share ? sql`${number} % ${share.databases} = ${share.database}` : sql`1`;
}

const slotOf = (alias: SQL) =>
  sql`(CASE WHEN ${alias}.is_page THEN ${slotPrefix({ pages: true })} ELSE ${slotPrefix({ pages: false })} END || ${alias}.number)`;

/** Adds rows for slots that the fleet has had never before. */
export function addRooms(ctx: Ctx, { pages, count }: SlotKind) {
  const isPage = Number(pages);
  const { database: first, databases: step } = ctx.config.share ?? { database: 0, databases: 1 };
  return ctx.db.insert(slotRooms).select(sql`WITH RECURSIVE missing(n) AS (
      SELECT coalesce(max(number) + ${step}, ${first}) FROM ${slotRooms} WHERE is_page = ${isPage} AND ${isOwn(ctx, sql`number`)}
      UNION ALL SELECT n + ${step} FROM missing WHERE n < ${count - step})
    SELECT ${isPage}, n, 1, 1, 0 FROM missing WHERE n < ${count}`);
}

/** A free place of a slot: one of JOBS_PER_SLOT, or the extra one. */
type Room = 'has_room' | 'has_extra';

/** A few open slots of the kind with their names, beginning at a random one, and around the end of the list. */
function candidates(ctx: Ctx, { kind: { pages, count }, from }: Look, room: Room): SQL {
  const some = (
    range: SQL,
  ) => sql`SELECT * FROM (SELECT is_page, number, outdated_until FROM ${slotRooms} AS room
    WHERE room.is_page = ${sql.raw(pages ? '1' : '0')} AND room.${sql.raw(room)} = 1 AND ${range} AND ${isOwn(ctx, sql`room.number`)} ORDER BY room.number LIMIT ${sql.raw(String(CANDIDATES))})`;
  return sql`(SELECT room.number, room.outdated_until, ${slotOf(sql`room`)} AS slot
    FROM (${some(sql`room.number >= ${from} AND room.number < ${count}`)} UNION ALL ${some(sql`room.number < ${from}`)} LIMIT ${sql.raw(String(CANDIDATES))}) AS room)`;
}

/** The same with the number of their places, and of those that are taken. */
function measured(ctx: Ctx, look: Look, room: Room): SQL {
  const spot = { slot: sql`spot.slot`, places: sql`spot.places` };
  // Materialized, since SQLite would count the jobs again for each use of the number.
  return sql`(WITH measured AS MATERIALIZED (
      SELECT slot, number, outdated_until, places, ${busyPlaces(spot)} AS taken, ${isKept(ctx.now(), spot.slot)} AS is_kept
      FROM (SELECT room.*, ${placesOf(ctx, sql`room.slot`)} AS places FROM ${candidates(ctx, look, room)} AS room) AS spot)
    SELECT * FROM measured)`;
}

/** Jobs that the slot runs at once: as many as its downloader reported, but not more than JOBS_PER_SLOT. */
function placesOf({ config }: Ctx, slot: SQL): SQL {
  return sql`min(${config.JOBS_PER_SLOT}, coalesce((SELECT capacity FROM ${slots} AS own WHERE own.slot = ${slot}), ${config.JOBS_PER_SLOT}))`;
}

/** Why a slot gets no common job although it has a free place: it does not take jobs now, or waits for a job that runs alone. */
function isKept(now: number, slot: SQL): SQL {
  return sql`(EXISTS (SELECT 1 FROM ${slotPauses} AS own WHERE own.slot = ${slot})
    OR EXISTS (SELECT 1 FROM ${slotReservations} AS own JOIN ${jobs} AS alone ON alone.id = own.job_id
      WHERE own.slot = ${slot} AND own.until > ${now} AND own.rest_until IS NULL
        AND alone.status = 'queued' AND alone.alone_after <= ${now}))`;
}

/** Which open slots a claim compares. */
export interface Look {
  kind: SlotKind;
  from: number;
}

/** A look that begins at a random slot. */
export function lookAt(ctx: Ctx, kind: SlotKind): Look {
  return { kind, from: Math.floor(ctx.random() * kind.count) };
}

/** One row `slot, places`: the slot with the most room, those last whose downloader is of an earlier version; none when all are full. */
export function openSlot(ctx: Ctx, look: Look): SQL {
  return sql`(SELECT slot, places FROM ${measured(ctx, look, 'has_room')} WHERE NOT is_kept AND taken < places
    ORDER BY outdated_until > ${ctx.now()}, taken, number LIMIT 1) AS place`;
}

/** Rows `slot, places` of slots whose extra place alone is free; none while another slot of the kind is open. */
export function extraSlots(ctx: Ctx, look: Look): SQL {
  const isOpen = sql`EXISTS (SELECT 1 FROM ${slotRooms} AS open WHERE open.is_page = ${sql.raw(look.kind.pages ? '1' : '0')}
    AND open.has_room = 1 AND open.number < ${look.kind.count} AND ${isOwn(ctx, sql`open.number`)})`;
  return sql`(SELECT slot, places FROM ${measured(ctx, look, 'has_extra')}
    WHERE NOT ${isOpen} AND NOT is_kept AND taken >= places AND taken < places + ${EXTRA_PLACES})`;
}

/** One row if a slot of the kind is open. */
export function findOpen(ctx: Ctx, { pages, count }: SlotKind) {
  const { isPage, hasRoom, number } = slotRooms;
  return ctx.db
    .select({ number })
    .from(slotRooms)
    .where(
      sql`${eq(isPage, pages)} AND ${hasRoom} = 1 AND ${number} < ${count} AND ${isOwn(ctx, sql`${number}`)}`,
    )
    .limit(1);
}

/** Closes the slots of this look that have no such room. Returns their numbers. */
export function closeFull(ctx: Ctx, look: Look, room: Room) {
  const limit = room === 'has_room' ? sql`places` : sql`places + ${EXTRA_PLACES}`;
  const full = sql`(SELECT number FROM ${measured(ctx, look, room)} WHERE is_kept OR taken >= ${limit})`;
  return ctx.db
    .update(slotRooms)
    .set(room === 'has_room' ? { hasRoom: false } : { hasExtra: false })
    .where(and(eq(slotRooms.isPage, look.kind.pages), inArray(slotRooms.number, full)))
    .returning({ isPage: slotRooms.isPage, number: slotRooms.number });
}

/**
 * Opens the slots that have room and are closed: their reservation has ended, or a row was wrong. Forgets pauses of slots that the fleet no
 * longer has. Part of the sweep.
 */
export async function openRooms(ctx: Ctx): Promise<void> {
  for (const { pages, count } of slotKinds(ctx)) {
    const slot = slotOf(sql`room`);
    const open = sql`(SELECT room.number FROM ${slotRooms} AS room
      WHERE room.is_page = ${Number(pages)} AND NOT (room.has_room AND room.has_extra) AND room.number < ${count} AND ${isOwn(ctx, sql`room.number`)}
        AND NOT ${isKept(ctx.now(), slot)} AND ${busyPlaces({ slot, places: placesOf(ctx, slot) })} < ${placesOf(ctx, slot)})`;
    await ctx.db
      .update(slotRooms)
      .set({ hasRoom: true, hasExtra: true })
      .where(and(eq(slotRooms.isPage, pages), inArray(slotRooms.number, open)));
  }
  const fleet = JSON.stringify(fleetSlots(ctx.config));
  await ctx.db
    .delete(slotPauses)
    .where(sql`${slotPauses.slot} NOT IN (SELECT value FROM json_each(${fleet}))`);
}

/** Opens a slot whose pause has ended. */
export function openRoom(ctx: Ctx, slot: string) {
  return ctx.db.update(slotRooms).set({ hasRoom: true, hasExtra: true }).where(isRoomOf(slot));
}

/** Notes that the downloader of the slot does not know what a current one knows. Other slots then come first. */
export async function markOutdated(ctx: Ctx, slot: string): Promise<void> {
  await ctx.db
    .update(slotRooms)
    .set({ outdatedUntil: ctx.now() + OUTDATED_MS })
    .where(isRoomOf(slot));
}

function isRoomOf(slot: string): SQL | undefined {
  return and(eq(slotRooms.isPage, isPageSlot(slot)), eq(slotRooms.number, slotNumber(slot)));
}
