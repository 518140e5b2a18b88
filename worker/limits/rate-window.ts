/** Counts requests in windows of one hour. A window begins with its first request. Pure. */
import type { Standing, Take, Taken } from '../contract/rates.ts';

export const WINDOW_MS = 3_600_000;

export interface RateWindow {
  /** Unix milliseconds. */
  startedAt: number;
  used: number;
}

/** Counts a request in all windows, or in none of them when one is used up. Changes `windows`. */
export function takeFrom(
  windows: Map<string, RateWindow>,
  takes: readonly [Take, ...Take[]],
  now: number,
): Taken {
  const current = takes.map((take) => ({ ...take, window: windowAt(windows.get(take.name), now) }));
  const granted = current.every(({ window, limit, count = 1 }) => window.used + count <= limit);
  if (granted)
    for (const { name, window, count = 1 } of current)
      windows.set(name, { ...window, used: window.used + count });
  const standings = current.map(({ limit, window, count = 1 }) => ({
    limit,
    remaining: Math.max(0, limit - window.used - (granted ? count : 0)),
    resetAt: window.startedAt + WINDOW_MS,
  }));
  return { granted, tightest: standings.reduce(tighter) };
}

/** True when the window is over at this time. */
export function hasEnded({ startedAt }: RateWindow, now: number): boolean {
  return now >= startedAt + WINDOW_MS;
}

function windowAt(known: RateWindow | undefined, now: number): RateWindow {
  return known === undefined || hasEnded(known, now) ? { startedAt: now, used: 0 } : known;
}

/** Of two used up windows, the one that lasts longer. */
function tighter(one: Standing, other: Standing): Standing {
  if (one.remaining !== other.remaining) return one.remaining < other.remaining ? one : other;
  return one.resetAt >= other.resetAt ? one : other;
}
