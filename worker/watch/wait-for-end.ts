import { isTerminal } from '../contract/job.ts';
import type { JobWatch, Watcher } from './job-watch.ts';

/** Resolves with true when the job has ended, or with false after `waitMs`. */
export function waitForEnd(watch: Pick<JobWatch, 'add' | 'remove'>, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (hasEnded: boolean) => {
      clearTimeout(timer);
      watch.remove(watcher);
      resolve(hasEnded);
    };
    const watcher: Watcher = {
      keyId: null,
      needsView: false,
      see: ({ job }) => {
        if (!isTerminal(job.status)) return true;
        finish(true);
        return false;
      },
      close: () => finish(false),
    };
    const timer = setTimeout(() => finish(false), waitMs);
    watch.add(watcher);
  });
}
