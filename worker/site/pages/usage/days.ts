/** Every day of a range, also those on which nothing ended. Pure. */
import type { Usage } from '../../../contract/api/usage.ts';

const DAY_MS = 86_400_000;

export interface Day {
  /** Such as `2026-11-27`. */
  day: string;
  completed: number;
  failed: number;
  bytes: number;
  costInDollars: number;
}

/** The days from the first to the last one. `usage` is grouped by day. */
export function daysOf({ from, to, rows }: Pick<Usage, 'from' | 'to' | 'rows'>): Day[] {
  const known = new Map(rows.map((row) => [row.day, row]));
  const count = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  return Array.from({ length: count }, (_, index) => {
    const day = new Date(Date.parse(from) + index * DAY_MS).toISOString().slice(0, 10);
    const { completed = 0, failed = 0, bytes = 0, costInDollars = 0 } = known.get(day) ?? {};
    return { day, completed, failed, bytes, costInDollars };
  });
}
