/** The speed of a job, from the counters that its downloader reports every few seconds. Pure. */
import type { JobRow } from '../db/rows.ts';

/** Weight of the latest report; the others show a steady value. */
const LATEST = 0.4;
/** After this time without a new byte, in milliseconds, the job stands still: reports come at least every 15 seconds. */
const STILL_MS = 30_000;

type Counters = Pick<JobRow, 'attempt' | 'stage' | 'bytesDone'>;

/** What the next look needs. */
export interface Speed extends Counters {
  /** When the counter was first seen at its value, in unix milliseconds. */
  sinceMs: number;
  /** Null until the counter has changed in this stage. */
  bytesPerSecond: number | null;
}

/** The speed after a look at the counters. Each stage of each attempt begins anew. */
export function nextSpeed(before: Speed | null, job: Counters, nowMs: number): Speed {
  const { attempt, stage, bytesDone } = job;
  const isContinued = before?.attempt === attempt && before.stage === stage && before.bytesDone <= bytesDone;
  if (!isContinued) return { attempt, stage, bytesDone, sinceMs: nowMs, bytesPerSecond: null };
  if (before.bytesDone === bytesDone)
    return nowMs - before.sinceMs < STILL_MS ? before : { ...before, bytesPerSecond: 0 };
  const latest = (1000 * (bytesDone - before.bytesDone)) / Math.max(1, nowMs - before.sinceMs);
  const earlier = before.bytesPerSecond ?? latest;
  const bytesPerSecond = Math.round(LATEST * latest + (1 - LATEST) * earlier);
  return { attempt, stage, bytesDone, sinceMs: nowMs, bytesPerSecond };
}

/** Seconds until the counter reaches the total at this speed; null when that is unknown. */
export function etaSeconds(
  { bytesDone, bytesTotal }: Pick<JobRow, 'bytesDone' | 'bytesTotal'>,
  bytesPerSecond: number | null,
): number | null {
  if (bytesTotal === null || !bytesPerSecond) return null;
  return Math.ceil(Math.max(0, bytesTotal - bytesDone) / bytesPerSecond);
}
