/** How old a version of yt-dlp is. Its versions are dates. Imports nothing. */

const DATE = /^(\d{4})\.(\d{1,2})\.(\d{1,2})(?:\.|$)/;
const DAY_MS = 24 * 3600_000;

/** From this age on, sites have usually changed so much that imports of pages fail. */
export const OLD_YTDLP_DAYS = 60;

/** Whole days since the release; 0 for a version of the future. Null for no version, or one that is no date. */
export function ytdlpAgeDays(version: string | null, nowMs: number): number | null {
  const [, year, month, day] = DATE.exec(version ?? '') ?? [];
  if (year === undefined || month === undefined || day === undefined) return null;
  const releasedAt = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return Math.max(0, Math.floor((nowMs - releasedAt) / DAY_MS));
}
