/**
 * Slots that did not answer a moment ago, or handed a job back because they end. Held by this isolate alone, beside the queue it would be rung by: it saves
 * useless claims while a downloader ends or starts, and forgetting it costs no more than those.
 */

/** How long a slot is left alone, in milliseconds. */
const QUIET_MS = 4_000;
/** Delay of the ring that ends the quiet, in seconds: surely after it, so that the ring is not wasted. */
export const QUIET_RING_SECONDS = 5;

const untilBySlot = new WeakMap<object, Map<string, number>>();

/** Leaves the slot alone from now on; whoever calls this rings after QUIET_RING_SECONDS. */
export function quieten(doorbell: object, slot: string, nowMs: number): void {
  const until = untilBySlot.get(doorbell) ?? new Map<string, number>();
  untilBySlot.set(doorbell, until.set(slot, nowMs + QUIET_MS));
}

/** True while a ring for the slot is on its way already. */
export function isQuiet(doorbell: object, slot: string, nowMs: number): boolean {
  return (untilBySlot.get(doorbell)?.get(slot) ?? 0) > nowMs;
}
