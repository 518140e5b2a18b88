/** Each downloader of the fleet, for the operator: what it runs, how busy it is, and whether it takes jobs. */
import { eq, gt, isNull, sql } from 'drizzle-orm';
import { fleetSlots, isMemberSlot, memberSlot } from '../contract/downloader/slot-names.ts';
import type { Versions } from '../contract/downloader/command.ts';
import { ytdlpAgeDays } from '../contract/ytdlp-age.ts';
import type { Ctx } from '../context.ts';
import { askEvery } from '../databases/every-database.ts';
import { fleetMembers } from '../db/tables/fleet.ts';
import { jobs } from '../db/tables/jobs.ts';
import { slotPauses, slots } from '../db/tables/slots.ts';

/** A slot that is not part of the fleet any more is shown for so long after its last report. */
const SHOWN_MS = 7 * 24 * 3600_000;

export interface FleetDownloader {
  slot: string;
  /** Whether it fetches its jobs. */
  isMember: boolean;
  running: number;
  /** The next three are null until its first report, which it sends while it runs a job. */
  capacity: number | null;
  versions: Versions | null;
  ytdlpAgeDays: number | null;
  lastSeenAt: number | null;
  /** While it gets no jobs because it did not take the last one. */
  pause: { until: number; isSilent: boolean } | null;
}

/** The slots that jobs are sent to, the members that fetch theirs, and slots that reported in the last week, by name. */
export async function readFleet(ctx: Ctx): Promise<FleetDownloader[]> {
  return (await askEvery(ctx, readOwnFleet)).flat();
}

async function readOwnFleet(ctx: Ctx): Promise<FleetDownloader[]> {
  const [reports, pauses, members, running] = await Promise.all([
    ctx.db
      .select()
      .from(slots)
      .where(gt(slots.lastSeenAt, ctx.now() - SHOWN_MS)),
    ctx.db.select().from(slotPauses),
    ctx.db.select().from(fleetMembers).where(isNull(fleetMembers.revokedAt)),
    countRunning(ctx),
  ]);
  const reportOf = new Map(reports.map((report) => [report.slot, report]));
  const pauseOf = new Map(pauses.map((pause) => [pause.slot, pause]));
  const memberSeenAt = new Map(members.map(({ name, lastSeenAt }) => [memberSlot(name), lastSeenAt]));
  const names = new Set([...fleetSlots(ctx.config), ...memberSeenAt.keys(), ...reportOf.keys()]);
  return [...names].map((slot) => {
    const report = reportOf.get(slot);
    const pause = pauseOf.get(slot);
    return {
      slot,
      isMember: isMemberSlot(slot),
      running: running.get(slot) ?? 0,
      capacity: report?.capacity ?? null,
      versions: report?.versions ?? null,
      ytdlpAgeDays: report ? ytdlpAgeDays(report.versions.ytdlp, ctx.now()) : null,
      lastSeenAt: latest(report?.lastSeenAt, memberSeenAt.get(slot)),
      pause: pause ? { until: pause.pausedUntil, isSilent: pause.isSilent } : null,
    };
  });
}

async function countRunning(ctx: Ctx): Promise<Map<string, number>> {
  const rows = await ctx.db
    .select({ slot: jobs.slot, count: sql<number>`count(*)` })
    .from(jobs)
    .where(eq(jobs.status, sql`'processing'`))
    .groupBy(jobs.slot);
  return new Map(rows.flatMap(({ slot, count }) => (slot === null ? [] : [[slot, count] as const])));
}

function latest(...times: (number | null | undefined)[]): number | null {
  const known = times.filter((time) => typeof time === 'number');
  return known.length === 0 ? null : Math.max(...known);
}
