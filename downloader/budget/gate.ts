/** Lets a fixed number of jobs into a stage at a time. The others wait in order. */

/** The part of a job that the gate uses while the job waits. */
export interface Waiting {
  /** Aborting ends the wait; its reason is thrown. */
  signal: AbortSignal;
  /** Called again and again, so that the wait does not count as a stall. */
  touch: () => void;
}

export type Gate = <T>(job: Waiting, task: () => Promise<T>) => Promise<T>;

const TOUCH_EVERY_MS = 1000;

/** `atOnce` tasks run at a time. */
export function createGate(atOnce: number): Gate {
  const queue = new Set<() => void>();
  let running = 0;
  return async (job, task) => {
    job.signal.throwIfAborted();
    if (running < atOnce) running += 1;
    else await turn(queue, job);
    try {
      return await task();
    } finally {
      const [next] = queue;
      // The next task takes this place, so `running` does not change.
      if (next) next();
      else running -= 1;
    }
  };
}

async function turn(queue: Set<() => void>, { signal, touch }: Waiting): Promise<void> {
  const timer = setInterval(touch, TOUCH_EVERY_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        queue.delete(enter);
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        queue.delete(enter);
        reject(signal.reason as Error);
      };
      queue.add(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  } finally {
    clearInterval(timer);
  }
}
