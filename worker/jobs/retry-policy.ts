/** When a failed attempt is tried again. Pure. */
import type { Code } from '../contract/codes.ts';
import { isRetryable } from '../contract/failure.ts';

/** Wait after the first failure, in milliseconds: long enough for a hiccup of a source or a network to pass. */
const BASE_DELAY_MS = 5_000;
/** Each further wait is this many times longer: 5, 20, 80 s. */
const GROWTH = 4;
/** Longest wait, in milliseconds, however many failures are allowed. */
const MAX_DELAY_MS = 900_000;

export type AfterFailure =
  { retry: true; failures: number; delayMs: number } | { retry: false; failures: number };

/**
 * `failures` counts those before this one; `random` is uniform in [0, 1) and spreads the wait over 50 to 100 % of its
 * length, so that jobs which failed together do not come back together.
 */
export function afterFailure(
  code: Code,
  { failures, maxFailures, random }: { failures: number; maxFailures: number; random: number },
): AfterFailure {
  const failed = failures + 1;
  if (!isRetryable(code) || failed >= maxFailures) return { retry: false, failures: failed };
  const fullDelayMs = Math.min(BASE_DELAY_MS * GROWTH ** failures, MAX_DELAY_MS);
  return { retry: true, failures: failed, delayMs: Math.round(fullDelayMs * (0.5 + random / 2)) };
}
