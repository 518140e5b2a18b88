/** Finds out that no downloader works, so that waiting imports and /health can say so. */
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { fleetSlots, isPageSlot, memberSlot } from '../contract/downloader/slot-names.ts';
import { fleetMembers } from '../db/tables/fleet.ts';
import { slotPauses, slots } from '../db/tables/slots.ts';

/** When a fleet member counts as gone, in milliseconds: a call for jobs is noted once a minute and may last 25 s. */
const MEMBER_GONE_MS = 120_000;

/** Since when no downloader for pages, or for everything else, answers, in unix milliseconds; null while one does. */
export async function findSilence(ctx: Ctx, { pages }: { pages: boolean }): Promise<number | null> {
  const fleet = fleetSlots(ctx.config).filter((slot) => isPageSlot(slot) === pages);
  // One bound value, however large the fleet is: D1 binds at most 100.
  const isOfFleet = sql`${slotPauses.slot} IN (SELECT value FROM json_each(${JSON.stringify(fleet)}))`;
  const [row] = await ctx.db
    .select({ count: sql<number>`count(*)`, since: sql<number | null>`max(${slotPauses.since})` })
    .from(slotPauses)
    .where(and(isOfFleet, eq(slotPauses.isSilent, true)));
  if (!row || row.since === null || row.count < fleet.length) return null;
  return (await workingMembers(ctx)).length > 0 ? null : row.since;
}

/** The slots of downloaders that fetch their jobs and have asked for one, or reported one that they run. */
export async function workingMembers(ctx: Ctx): Promise<string[]> {
  const since = ctx.now() - MEMBER_GONE_MS;
  const reports = sql`EXISTS (SELECT 1 FROM ${slots} WHERE ${slots.slot} = ${memberSlot('')} || ${fleetMembers.name}
    AND ${slots.lastSeenAt} > ${since})`;
  const rows = await ctx.db
    .select({ name: fleetMembers.name })
    .from(fleetMembers)
    .where(and(isNull(fleetMembers.revokedAt), or(gt(fleetMembers.lastSeenAt, since), reports)));
  return rows.map(({ name }) => memberSlot(name));
}
