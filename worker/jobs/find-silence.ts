/** Finds out that no downloader works, so that waiting imports and /health can say so. */
import { sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { fleetSlots, isPageSlot, memberSlot } from '../contract/downloader/slot-names.ts';
import { prepared, runBound } from '../db/prepared.ts';

/** When a fleet member counts as gone, in milliseconds: a call for jobs is noted once a minute and may last 25 s. */
const MEMBER_GONE_MS = 120_000;

/** Since when no downloader for pages, or for everything else, answers, in unix milliseconds; null while one does. */
export async function findSilence(ctx: Ctx, which: { pages: boolean }): Promise<number | null> {
  const [[silence]] = await runBound(ctx.db, [
    selectSilence(ctx.db, { membersSince: membersSince(ctx.now()) }),
  ]);
  return silence ? silenceOf(ctx, silence, which) : null;
}

/** What shows whether a downloader works. */
export interface Silence {
  /** Slots of this fleet, or of an earlier one, that do not answer. */
  slots: [slot: string, since: number][];
  /** The names of fleet members that work. */
  workingMembers: string[];
}

/** The two lists as JSON, for a statement with the placeholder `membersSince`. */
export const silentSlots = sql`(SELECT json_group_array(json_array(slot, since)) FROM slot_pauses WHERE is_silent = 1)`;
export const workingMemberNames = sql`(SELECT json_group_array(name) FROM fleet_members
  WHERE revoked_at IS NULL AND (last_seen_at > ${sql.placeholder('membersSince')}
  OR EXISTS (SELECT 1 FROM slots WHERE slot = ${sql.raw(`'${memberSlot('')}'`)} || fleet_members.name
    AND slots.last_seen_at > ${sql.placeholder('membersSince')})))`;

const selectSilence = prepared(
  sql`SELECT ${silentSlots} AS slots, ${workingMemberNames} AS members`,
  ({ slots: silent, members }): Silence => ({
    slots: JSON.parse(String(silent)) as Silence['slots'],
    workingMembers: JSON.parse(String(members)) as string[],
  }),
);

/** From when on a fleet member must have been seen to count as working. */
export function membersSince(now: number): number {
  return now - MEMBER_GONE_MS;
}

/** `findSilence` for what was read already. */
export function silenceOf(
  { config }: Ctx,
  { slots: silent, workingMembers: members }: Silence,
  { pages }: { pages: boolean },
): number | null {
  if (silent.length === 0 || members.length > 0) return null;
  const sinceOf = new Map(silent);
  const fleet = fleetSlots(config).filter((slot) => isPageSlot(slot) === pages);
  const times = fleet.map((slot) => sinceOf.get(slot) ?? null).filter((since) => since !== null);
  return times.length > 0 && times.length === fleet.length ? Math.max(...times) : null;
}

/** The slots of downloaders that fetch their jobs and have asked for one, or reported one that they run. */
export async function workingMembers(ctx: Ctx): Promise<string[]> {
  const [[silence]] = await runBound(ctx.db, [
    selectSilence(ctx.db, { membersSince: membersSince(ctx.now()) }),
  ]);
  return (silence?.workingMembers ?? []).map(memberSlot);
}
