/** Counts the processes and threads of a user, as the kernel does for its limit of processes. */
import { readdirSync, statSync } from 'node:fs';

/** Of the user of this process; null where there is no /proc. About 10 µs for each process. */
export function countOwnTasks(): number | null {
  if (process.platform !== 'linux') return null;
  const user = process.getuid?.();
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.reduce((sum, pid) => sum + tasksOf(pid, user), 0);
  } catch {
    return null;
  }
}

/** 0 for a process of another user, or one that has ended meanwhile. */
function tasksOf(pid: string, user: number | undefined): number {
  const tasks = statSync(`/proc/${pid}/task`, { throwIfNoEntry: false });
  // A folder has a link for itself, one from its parent, and one for each folder in it.
  return tasks?.uid === user ? (tasks?.nlink ?? 2) - 2 : 0;
}
