/** Whether and when a failed attempt is retried. Pure. */
import type { Code } from '../../contract/codes.ts';
import { isRetryable } from '../../contract/failure.ts';

/** Delay after the first failure: long enough for a short disturbance of a source or a network to end. */
const BASE_DELAY_MS = 5_000;
/** The same when the downloader was lost: another one, or its next process, is there within seconds. */
const LOST_DELAY_MS = 1_000;
/** Each further delay is this many times longer: 5, 20, 80 s. */
const GROWTH = 4;
/** The longest delay, however many failures are allowed. */
const MAX_DELAY_MS = 900_000;

export type AfterFailure =
  { retry: true; failures: number; delayMs: number } | { retry: false; failures: number };

/**
 * What follows a failure. `failures` is the number of earlier ones. `random` is uniform in [0, 1) and spreads the delay
 * over 50 to 100 % of its length, so that jobs that failed together are not retried together.
 */
export function afterFailure(
  code: Code,
  { failures, maxFailures, random }: { failures: number; maxFailures: number; random: number },
): AfterFailure {
  const failed = failures + 1;
  if (!isRetryable(code) || failed >= maxFailures) return { retry: false, failures: failed };
  const baseMs = code === 'downloader_lost' ? LOST_DELAY_MS : BASE_DELAY_MS;
  const fullDelayMs = Math.min(baseMs * GROWTH ** failures, MAX_DELAY_MS);
  return { retry: true, failures: failed, delayMs: Math.round(fullDelayMs * (0.5 + random / 2)) };
}
