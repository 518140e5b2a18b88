/** Private folders of jobs: made when first asked for, gone when the job ends, and swept after a crash. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** `importly-job-<process id>-<random>`: the process id tells whether anybody still needs it. */
const PREFIX = 'importly-job-';
const NAME = /^importly-job-(\d+)-/;

export interface JobDirectory {
  /** The folder's path; mode 0700, the same at every call. */
  open: () => Promise<string>;
  /** Removes it with all that is in it. */
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

/** Makes the folder of the folders, and removes those of processes that are gone. To be called at the start, before there are own ones. */
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
    // EPERM: it lives, but is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
