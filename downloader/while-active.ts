/** Runs work during which the source is not read, so that this time does not count as a stall. */

/** Milliseconds between two calls; the shortest stall limit is one second. */
const EVERY_MS = 500;

/** Runs the task and calls `onActivity` until it settles. The task must have its own time limit. */
export async function whileActive<T>(onActivity: () => void, task: () => Promise<T>): Promise<T> {
  onActivity();
  const interval = setInterval(onActivity, EVERY_MS);
  try {
    return await task();
  } finally {
    clearInterval(interval);
    onActivity();
  }
}
