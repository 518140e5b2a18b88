import { desc, gt, sql } from 'drizzle-orm';
import type { Health } from '../contract/api/health.ts';
import { ytdlpAgeDays } from '../contract/ytdlp-age.ts';
import type { Ctx } from '../context.ts';
import { askEvery } from '../databases/every-database.ts';
import { slots } from '../db/tables/slots.ts';

/** A downloader that has not reported for longer counts as gone. */
const GONE_AFTER_MS = 7 * 24 * 3600_000;
/** A fleet has a few sets of versions: two while it is updated. */
const MAX_SETS = 10;

/**
 * The versions that downloaders reported with their heartbeats, each set once, the last seen first. The slots are not
 * named: anyone may read this.
 */
export async function readFleetVersions(ctx: Ctx): Promise<Health['downloaders']> {
  const all = (await askEvery(ctx, readOwnVersions)).flat();
  all.sort((one, other) => (one.lastSeenAt < other.lastSeenAt ? 1 : -1));
  const isFirst = (set: DownloaderVersions, index: number) =>
    all.findIndex((other) => textOf(other) === textOf(set)) === index;
  return all.filter(isFirst).slice(0, MAX_SETS);
}

type DownloaderVersions = Health['downloaders'][number];

function textOf({ version, ytdlp, ffmpeg }: DownloaderVersions): string {
  return JSON.stringify([version, ytdlp, ffmpeg]);
}

async function readOwnVersions(ctx: Ctx): Promise<Health['downloaders']> {
  const now = ctx.now();
  const lastSeenAt = sql<number>`max(${slots.lastSeenAt})`;
  const rows = await ctx.db
    .select({ versions: slots.versions, lastSeenAt })
    .from(slots)
    .where(gt(slots.lastSeenAt, now - GONE_AFTER_MS))
    .groupBy(slots.versions)
    .orderBy(desc(lastSeenAt))
    .limit(MAX_SETS);
  return rows.map((row) => ({
    version: row.versions.downloader,
    ytdlp: row.versions.ytdlp,
    ytdlpAgeDays: ytdlpAgeDays(row.versions.ytdlp, now),
    ffmpeg: row.versions.ffmpeg,
    lastSeenAt: new Date(row.lastSeenAt).toISOString(),
  }));
}
