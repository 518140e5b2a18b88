/** Limits how long a storage may make no progress. Time in which it waits for the source is not its own. */

/** Milliseconds between two calls of `onActivity`; the shortest stall limit of a source is one second. */
const EVERY_MS = 500;

export interface PatienceOptions {
  idleTimeoutMs: number;
  /** Called once, when the storage made no progress for `idleTimeoutMs`. */
  onIdle: () => void;
  /** Called while the storage is awaited: then a silent source has not stalled. */
  onActivity: () => void;
}

export interface Patience {
  /** The storage has made progress, or gets the next bytes now. */
  touch: () => void;
  /** The storage waits for the source, until `touch`. */
  pause: () => void;
  /** The request has ended. */
  stop: () => void;
}

/** Starts with waiting for the storage. */
export function createPatience({ idleTimeoutMs, onIdle, onActivity }: PatienceOptions): Patience {
  let movedAtMs = performance.now();
  let isPaused = false;
  const look = () => {
    if (isPaused) return;
    onActivity();
    if (performance.now() - movedAtMs >= idleTimeoutMs) {
      clearInterval(interval);
      onIdle();
    }
  };
  const interval = setInterval(look, Math.min(EVERY_MS, idleTimeoutMs));
  const touch = () => {
    movedAtMs = performance.now();
    isPaused = false;
  };
  const pause = () => {
    isPaused = true;
  };
  onActivity();
  const stop = () => {
    clearInterval(interval);
    if (!isPaused) onActivity();
  };
  return { touch, pause, stop };
}
