/** When a delivery that failed is tried again. Pure. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Wait after each failed attempt: ten attempts over three days, as Standard Webhooks recommends. */
const WAITS_MS = [
  5_000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  20 * HOUR_MS,
];

/** Attempts of a delivery before it has failed. */
export const MAX_TRIES = WAITS_MS.length + 1;

/** The longest wait that an endpoint can ask for. The longest delay of a queue message is the same (Cloudflare Queues). */
const MAX_WAIT_MS = 24 * HOUR_MS;

/** Waits differ by up to this share, so that deliveries that failed together are not repeated together. */
const JITTER = 0.1;

/**
 * The wait in milliseconds before the next attempt; null when `tries` attempts were the last. `retryAfterMs` is what the
 * endpoint asked for: the wait is at least that long, up to a day. `random` is uniform in [0, 1).
 */
export function nextWaitMs({
  tries,
  retryAfterMs,
  random,
}: {
  tries: number;
  retryAfterMs: number | null;
  random: number;
}): number | null {
  const wait = WAITS_MS[tries - 1];
  if (wait === undefined) return null;
  const spread = Math.round(wait * (1 - JITTER + 2 * JITTER * random));
  return Math.max(spread, Math.min(retryAfterMs ?? 0, MAX_WAIT_MS));
}

/** The value of `Retry-After` in milliseconds from now: a number of seconds or a date. Null for anything else. */
export function parseRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  if (/^\d{1,15}$/.test(value)) return Number(value) * 1000;
  // Dates of HTTP name the day of the week first. Date.parse also reads other texts, such as "-1".
  const at = /^[A-Z][a-z]{2},? /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
