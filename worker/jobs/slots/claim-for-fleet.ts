/** Claims jobs for the slots that have room, in one call of D1. It costs the same however many slots are full or do not answer. */
import { and, asc, inArray, lte, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../../context.ts';
import { memberSlot, pageSlot } from '../../contract/downloader/slot-names.ts';
import { statusesBefore } from '../../contract/job.ts';
import type { JobRow } from '../../db/rows.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { slotPauses, slotReservations } from '../../db/tables/slots.ts';
import type { SlotPause } from '../slot-pauses.ts';
import { claimedColumns, logClaim } from './begin-attempt.ts';
import { jobForExtraPlace, jobForPlace, mayStart } from './next-job.ts';
import {
  addRooms,
  closeFull,
  extraSlots,
  findOpen,
  lookAt,
  openSlot,
  slotKinds,
  type Look,
} from './slot-rooms.ts';

/** Slots that are tried again by one call: each costs a request to a downloader that may not answer. */
const TRIES_AT_ONCE = 10;

export interface FleetClaim {
  jobs: JobRow[];
  /** Slots whose pause is over. */
  duePauses: SlotPause[];
  /** Whether another claim may find more. */
  hasMore: boolean;
}

/**
 * Claims up to `count` jobs for each kind of slot, and one that runs alone. Each is one guarded statement that sees what those before it
 * have claimed, so two callers never get the same job or the same place.
 */
export async function claimForFleet(ctx: Ctx, count: number): Promise<FleetClaim> {
  const looks = slotKinds(ctx).map((kind) => lookAt(ctx, kind));
  if (looks.length === 0) return { jobs: [], duePauses: [], hasMore: false };
  // One time for all statements: the clock may move while they are built.
  const now = ctx.now();
  const claims = looks.flatMap((look) => Array.from({ length: count }, () => claimOne(ctx, look, now)));
  const extras = looks.map((look) => claimExtra(ctx, look, now));
  const [duePauses, alone, ...results] = await ctx.db.batch([
    findDuePauses(ctx),
    claimAlone(ctx, now),
    ...claims,
    ...looks.map((look): BatchItem<'sqlite'> => closeFull(ctx, look, 'has_room')),
    ...extras,
    ...looks.map((look) => closeFull(ctx, look, 'has_extra')),
    ...looks.map(({ kind }) => addRooms(ctx, kind)),
    ...looks.map(({ kind }) => findOpen(ctx, kind)),
  ]);
  let at = 0;
  const next = (count: number) => (results as unknown[][]).slice(at, (at += count));
  const claimed = next(claims.length) as JobRow[][];
  const closed = next(looks.length).flat();
  const found = [...alone, ...claimed.flat(), ...(next(extras.length) as JobRow[][]).flat()];
  for (const job of found) logClaim(ctx, job);
  const added = results.slice(-2 * looks.length, -looks.length) as unknown as D1Result[];
  const isNew = added.some(({ meta }) => meta.changes > 0);
  // The slots that were looked at had less room than jobs were due, and others are open.
  const areOthersOpen = closed.length > 0 && (results.slice(-looks.length) as unknown[][]).flat().length > 0;
  const hasMore = alone.length > 0 || claimed.every((one) => one.length > 0) || areOthersOpen || isNew;
  return { jobs: found, duePauses, hasMore };
}

function claimOne(ctx: Ctx, look: Look, now: number) {
  const { pages } = look.kind;
  const place = { slot: sql`place.slot`, places: sql`place.places`, pages, now };
  return ctx.db
    .update(jobs)
    .set(claimedColumns(place.slot, now))
    .from(openSlot(ctx, look))
    .where(and(sql`${jobs.id} = (${jobForPlace(place)})`, inArray(jobs.status, statusesBefore('processing'))))
    .returning();
}

/** While no slot is open, takes the extra place of one for a workspace that runs nothing there. */
function claimExtra(ctx: Ctx, look: Look, now: number) {
  const { pages } = look.kind;
  const job = jobForExtraPlace({ slot: sql`spot.slot`, places: sql`spot.places`, pages, now });
  const place = sql`(SELECT slot, job_id FROM (SELECT slot, (${job}) AS job_id FROM ${extraSlots(ctx, look)} AS spot)
    WHERE job_id IS NOT NULL LIMIT 1) AS place`;
  return ctx.db
    .update(jobs)
    .set(claimedColumns(sql`place.slot`, now))
    .from(place)
    .where(and(sql`${jobs.id} = place.job_id`, inArray(jobs.status, statusesBefore('processing'))))
    .returning();
}

/** Takes a job that runs alone to its reserved slot, when nothing else runs there. */
function claimAlone(ctx: Ctx, now: number) {
  const isOfKind =
    ctx.config.PAGE_SLOTS === 0 ? sql`1` : sql`alone.is_page = (own.slot LIKE ${pageSlot('%')})`;
  const place = sql`(SELECT own.slot, own.job_id FROM ${slotReservations} AS own JOIN ${jobs} AS alone ON alone.id = own.job_id
    WHERE own.rest_until IS NULL AND own.until > ${now} AND own.slot NOT LIKE ${memberSlot('%')}
      AND alone.status = 'queued' AND alone.alone_after <= ${now} AND ${isOfKind} AND ${mayStart(sql`alone`)}
      AND NOT EXISTS (SELECT 1 FROM ${slotPauses} AS pause WHERE pause.slot = own.slot)
      AND NOT EXISTS (SELECT 1 FROM ${jobs} AS busy WHERE busy.slot = own.slot AND busy.status = 'processing')
    LIMIT 1) AS place`;
  return ctx.db
    .update(jobs)
    .set(claimedColumns(sql`place.slot`, now))
    .from(place)
    .where(and(sql`${jobs.id} = place.job_id`, inArray(jobs.status, statusesBefore('processing'))))
    .returning();
}

function findDuePauses(ctx: Ctx) {
  return ctx.db
    .select()
    .from(slotPauses)
    .where(lte(slotPauses.pausedUntil, ctx.now()))
    .orderBy(asc(slotPauses.pausedUntil))
    .limit(TRIES_AT_ONCE);
}
