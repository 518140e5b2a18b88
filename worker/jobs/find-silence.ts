/** Finds out that no downloader works, so that waiting imports and /health can say so. */
import { and, eq, gt, isNull, like, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { memberSlot } from '../control-url.ts';
import { fleetMembers } from '../db/tables/fleet.ts';
import { slotPauses, slots } from '../db/tables/slots.ts';
import { slotNames } from './slot-pauses.ts';

/** When a fleet member counts as gone, in milliseconds: a call for jobs is noted once a minute and may last 25 s. */
const MEMBER_GONE_MS = 120_000;

/** Since when no downloader of the fleet answers, in unix milliseconds; null while one does. */
export async function findSilence(ctx: Ctx): Promise<number | null> {
  const fleet = slotNames(ctx.config);
  // One bound value, however large the fleet is: D1 binds at most 100.
  const isOfFleet = sql`${slotPauses.slot} IN (SELECT value FROM json_each(${JSON.stringify(fleet)}))`;
  const [row] = await ctx.db
    .select({ count: sql<number>`count(*)`, since: sql<number | null>`max(${slotPauses.since})` })
    .from(slotPauses)
    .where(and(isOfFleet, eq(slotPauses.isSilent, true)));
  if (!row || row.since === null || row.count < fleet.length) return null;
  return (await hasWorkingMember(ctx)) ? null : row.since;
}

/** Whether a downloader that fetches its jobs has asked for one, or reported one that it runs. */
async function hasWorkingMember(ctx: Ctx): Promise<boolean> {
  const since = ctx.now() - MEMBER_GONE_MS;
  const [asking, reporting] = await Promise.all([
    ctx.db.$count(fleetMembers, and(isNull(fleetMembers.revokedAt), gt(fleetMembers.lastSeenAt, since))),
    ctx.db.$count(slots, and(like(slots.slot, memberSlot('%')), gt(slots.lastSeenAt, since))),
  ]);
  return asking + reporting > 0;
}
