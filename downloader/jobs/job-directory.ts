/** Private folders of jobs: created on first use, removed when the job ends, and cleaned up after a crash. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** `importly-job-<process id>-<random>`: the process id shows whether it is still in use. */
const PREFIX = 'importly-job-';
const NAME = /^importly-job-(\d+)-/;

export interface JobDirectory {
  /** The folder's path; mode 0700, the same at every call. */
  open: () => Promise<string>;
  /** Removes the folder with its contents. */
  remove: () => Promise<void>;
}

/** Both are called when the folder is made. The function that `watch` returns is called when the folder is removed. */
interface OnMade {
  giveAway: (path: string) => Promise<void>;
  watch: (path: string) => () => void;
}

export function createJobDirectory(workDirectory: string, { giveAway, watch }: OnMade): JobDirectory {
  let made: Promise<{ path: string; unwatch: () => void }> | null = null;
  const make = async () => {
    const path = await mkdtemp(join(workDirectory, `${PREFIX}${process.pid}-`));
    await giveAway(path);
    return { path, unwatch: watch(path) };
  };
  return {
    open: async () => (await (made ??= make())).path,
    remove: async () => {
      if (!made) return;
      const { path, unwatch } = await made;
      await rm(path, { recursive: true, force: true }).finally(unwatch);
    },
  };
}

/** Creates the parent folder, and removes job folders of processes that have ended. Call it at the start. */
export async function prepareWorkDirectory(workDirectory: string): Promise<void> {
  await mkdir(workDirectory, { recursive: true });
  for (const name of await readdir(workDirectory)) {
    if (!isOwnerGone(NAME, name)) continue;
    await rm(join(workDirectory, name), { recursive: true, force: true });
  }
}

/** Whether the name fits the pattern and its first group is the ID of a process that has ended, or had the ID of this one. */
export function isOwnerGone(pattern: RegExp, name: string): boolean {
  const owner = Number(pattern.exec(name)?.[1] ?? 0);
  return owner !== 0 && (owner === process.pid || !isAlive(owner));
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, but under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
