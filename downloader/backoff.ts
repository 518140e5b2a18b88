/** Waiting times between tries, and an abortable wait. */
import { setTimeout as delay } from 'node:timers/promises';

/** First wait, in milliseconds: short, since most broken connections work again at once. */
const FIRST_DELAY_MS = 250;
/** Longest wait, in milliseconds: short enough that a job soon notices a peer that works again. */
const LONGEST_DELAY_MS = 15_000;

/**
 * Milliseconds before try number `attempt` + 1 (`attempt` counts from 1). The wait doubles, and half of it is random, so
 * that many jobs do not return to a recovering peer at the same moment.
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceilingMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return ceilingMs * (0.5 + random() / 2);
}

/** Waits `delayMs`; when `signal` aborts, throws its reason. */
export async function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(delayMs, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
