/** Lets a check keep a large header in memory when the other checks of this process leave room for it. */
import type { JobContext } from '../job-context.ts';
import { JobFailure } from '../job-failure.ts';

/** Runs the task, which keeps a header of this size in memory, when there is room for it. */
export type HoldHeader = <T>(sizeBytes: number, task: () => Promise<T>) => Promise<T>;

/** For a check that is alone. */
export const HOLD_AT_ONCE: HoldHeader = (_, task) => task();

export interface HeaderMemory {
  gate: JobContext['budget']['headerGate'];
  /** Called while the check waits, so that its source does not count as stalled. */
  touch: () => void;
  /** How long a header may wait, in milliseconds; by default, there is no limit. */
  maxWaitMs?: number;
}

/** Throws `downloader_out_of_memory` after the longest wait, or the reason of the signal. */
export function holderOf({ headers, signal }: { headers?: HeaderMemory; signal: AbortSignal }): HoldHeader {
  if (!headers) return HOLD_AT_ONCE;
  const { gate, touch, maxWaitMs } = headers;
  return async (sizeBytes, task) => {
    const patience = new AbortController();
    const late = new JobFailure('downloader_out_of_memory', 'the headers of other files fill the memory');
    const timer = maxWaitMs === undefined ? undefined : setTimeout(() => patience.abort(late), maxWaitMs);
    const waiting = { signal: AbortSignal.any([signal, patience.signal]), touch };
    const begin = () => {
      clearTimeout(timer);
      return task();
    };
    try {
      return await gate(waiting, begin, sizeBytes);
    } finally {
      clearTimeout(timer);
    }
  };
}
