/** The hours by which results of sites are counted. */
import { inArray, type SQL } from 'drizzle-orm';
import { siteResults } from '../../db/tables/sites.ts';

const HOUR_MS = 3600_000;
/** Hours that are read: the current one, and those of the day before. */
const HOURS = 24;

/** The `workspaceId` of the rows that count all workspaces together. */
export const EVERYONE = '';

/** The hour of a time in Unix milliseconds. */
export function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS);
}

/** The first hour of the last day. */
export function firstHour(now: number): number {
  return hourOf(now) - HOURS;
}

/** Selects the rows of the last day. A list of hours lets the primary key find them, a range does not. */
export function isLastDay(now: number): SQL {
  return inArray(
    siteResults.hour,
    Array.from({ length: HOURS + 1 }, (_, index) => firstHour(now) + index),
  );
}
