/** Reads how much memory, CPU and disk space this process may use. */
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';

export interface Machine {
  memoryBytes: number;
  /** CPUs, also a fraction of one. */
  processors: number;
  /** Free bytes of the work folder. */
  diskBytes: number;
}

/** The limits of the cgroup where there are some, otherwise those of the machine. */
export async function readMachine(workDirectory: string): Promise<Machine> {
  const { bavail, bsize } = await statfs(workDirectory);
  return {
    memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Infinity),
    processors: Math.min(availableParallelism(), await readQuota()),
    diskBytes: bavail * bsize,
  };
}

/** Files of cgroup v2 and v1 that state the CPU time for each period. */
const CPU_MAX = '/sys/fs/cgroup/cpu.max';
const CFS_FILES = ['quota', 'period'].map((name) => `/sys/fs/cgroup/cpu/cpu.cfs_${name}_us`);

async function readQuota(): Promise<number> {
  const text = await readFile(CPU_MAX, 'utf8').catch(() => readCfs());
  return parseCpuQuota(text);
}

async function readCfs(): Promise<string> {
  const values = await Promise.all(CFS_FILES.map((path) => readFile(path, 'utf8').catch(() => '')));
  return values.map((value) => value.trim()).join(' ');
}

/** CPUs of `QUOTA PERIOD`, as in `cpu.max`. Infinity for `max`, -1 and unknown text. Pure. */
export function parseCpuQuota(text: string): number {
  const [, quota = 0, period = 0] = (/^(\d+) (\d+)/.exec(text) ?? []).map(Number);
  return quota > 0 && period > 0 ? quota / period : Infinity;
}
