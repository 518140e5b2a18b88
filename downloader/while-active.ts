/** Work of ours during which the source has no turn: it must not count as the source's silence. */

/** Milliseconds between two signs of life; the shortest stall limit is a second. */
const EVERY_MS = 500;

/** Runs the task and calls `onActivity` until it settles. The task needs a time limit of its own. */
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
