/** Limits how long a child works on the bytes that it gets. Time in which it waits for more does not count. */
import { JobFailure } from '../job-failure.ts';

/** Milliseconds between two checks. */
const LOOK_EVERY_MS = 250;

export interface WorkClock {
  /** Aborts with `media_unreadable` when the work takes longer than its bytes allow. */
  signal: AbortSignal;
  /** The child starts to work on this many more bytes, or at the end on none. */
  begin: (bytes: number) => void;
  /** The child has taken them and waits. */
  pause: () => void;
  stop: () => void;
}

/** `allowedSeconds` says how long the work on a number of bytes may take. */
export function startWorkClock(allowedSeconds: (bytes: number) => number): WorkClock {
  const controller = new AbortController();
  let totalBytes = 0;
  let workedMs = 0;
  let startedAtMs: number | null = null;
  const currentMs = () => workedMs + (startedAtMs === null ? 0 : performance.now() - startedAtMs);
  const look = () => {
    if (currentMs() <= allowedSeconds(totalBytes) * 1000) return;
    controller.abort(new JobFailure('media_unreadable', 'its check takes too long for its size'));
  };
  const interval = setInterval(look, LOOK_EVERY_MS);
  return {
    signal: controller.signal,
    begin: (bytes) => {
      totalBytes += bytes;
      startedAtMs = performance.now();
    },
    pause: () => {
      workedMs = currentMs();
      startedAtMs = null;
    },
    stop: () => clearInterval(interval),
  };
}
