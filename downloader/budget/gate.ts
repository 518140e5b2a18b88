/** Lets jobs into a stage up to a limit. The others wait in order. */

/** The part of a job that the gate uses while the job waits. */
export interface Waiting {
  /** Aborting ends the wait; its reason is thrown. */
  signal: AbortSignal;
  /** Called again and again, so that the wait does not count as a stall. */
  touch: () => void;
}

/** Runs the task when there is room for `size` of it; 1 by default. A task that is alone always runs. */
export type Gate = <T>(job: Waiting, task: () => Promise<T>, size?: number) => Promise<T>;

const TOUCH_EVERY_MS = 1000;

interface Turn {
  size: number;
  enter: () => void;
}

/** The sizes of the tasks that run at a time are at most `limit` together. */
export function createGate(limit: number): Gate {
  const queue = new Set<Turn>();
  let taken = 0;
  const enterIfRoom = ({ size }: Turn): boolean => {
    if (taken > 0 && taken + size > limit) return false;
    taken += size;
    return true;
  };
  const admit = (): void => {
    for (const turn of queue) {
      if (!enterIfRoom(turn)) return;
      queue.delete(turn);
      turn.enter();
    }
  };
  return async (job, task, size = 1) => {
    job.signal.throwIfAborted();
    const turn = { size, enter: () => undefined };
    if (queue.size > 0 || !enterIfRoom(turn))
      await waitFor(turn, job, queue).catch((error: unknown) => {
        // The next one may need less.
        admit();
        throw error;
      });
    try {
      return await task();
    } finally {
      taken -= size;
      admit();
    }
  };
}

async function waitFor(turn: Turn, { signal, touch }: Waiting, queue: Set<Turn>): Promise<void> {
  const timer = setInterval(touch, TOUCH_EVERY_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        queue.delete(turn);
        reject(signal.reason as Error);
      };
      turn.enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      queue.add(turn);
      signal.addEventListener('abort', leave, { once: true });
    });
  } finally {
    clearInterval(timer);
  }
}
