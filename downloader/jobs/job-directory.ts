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

export function createJobDirectory(workDirectory: string): JobDirectory {
  let made: Promise<string> | null = null;
  return {
    open: () => (made ??= mkdtemp(join(workDirectory, `${PREFIX}${process.pid}-`))),
    remove: async () => {
      if (made) await rm(await made, { recursive: true, force: true });
    },
  };
}

/** Creates the parent folder, and removes job folders of processes that have ended. Call it at the start. */
export async function prepareWorkDirectory(workDirectory: string): Promise<void> {
  await mkdir(workDirectory, { recursive: true });
  for (const name of await readdir(workDirectory)) {
    const owner = Number(NAME.exec(name)?.[1] ?? 0);
    if (owner === 0 || (owner !== process.pid && isAlive(owner))) continue;
    await rm(join(workDirectory, name), { recursive: true, force: true });
  }
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
