/** Watches a process and its children on Linux: memory, CPU time, number of children, and bytes in its work folder. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { descendantsOf } from '../../scripts/lib/processes.ts';

const LOOK_EVERY_MS = 100;
const TICKS_A_SECOND = 100;

export interface Observation {
  /** Of the process itself. */
  peakRssMiB: number;
  /** Of the process and its children together, without what they share. */
  peakTreeMiB: number;
  cpuSeconds: number;
  peakDiskMiB: number;
  mostChildren: number;
}

/** Starts to observe; the returned function ends it. */
export function observe(pid: number, workDirectory: string): () => Observation {
  // Writing 5 resets the peak to the current resident size.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const cpuBefore = cpuSeconds([pid]);
  const childrenCpu = new Map<number, number>();
  const most = { tree: 0, disk: 0, children: 0 };
  const look = (): void => {
    const children = descendantsOf(pid).map((child) => child.pid);
    for (const child of children) childrenCpu.set(child, cpuSeconds([child]));
    most.tree = Math.max(most.tree, treeMiB(pid, children));
    most.disk = Math.max(most.disk, diskBytes(workDirectory));
    most.children = Math.max(most.children, children.length);
  };
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    look();
    const children = [...childrenCpu.values()].reduce((sum, seconds) => sum + seconds, 0);
    return {
      peakRssMiB: mebibytes(pid, 'status', 'VmHWM') ?? 0,
      peakTreeMiB: most.tree,
      cpuSeconds: cpuSeconds([pid]) - cpuBefore + children,
      peakDiskMiB: most.disk / 1024 ** 2,
      mostChildren: most.children,
    };
  };
}

/** What of a job is still there: processes and files. Empty when nothing is. */
export function leftBehind(pid: number, workDirectory: string): string[] {
  const processes = descendantsOf(pid).map(({ command }) => command.slice(0, 60));
  return [...processes, ...readdirSync(workDirectory)];
}

/**
 * What children share counts once (PSS), where the kernel tells it. The process itself counts with all its pages, since it
 * shares them with other programs of this machine, which are not beside it elsewhere.
 */
function treeMiB(pid: number, children: readonly number[]): number {
  return children.reduce(
    (sum, child) =>
      sum + (mebibytes(child, 'smaps_rollup', 'Pss') ?? mebibytes(child, 'status', 'VmRSS') ?? 0),
    mebibytes(pid, 'status', 'VmRSS') ?? 0,
  );
}

/** Null when the file has no such line, or cannot be read. */
function mebibytes(pid: number, file: string, field: 'Pss' | 'VmRSS' | 'VmHWM'): number | null {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readProc(pid, file));
  return match ? Number(match[1]) / 1024 : null;
}

function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = readProc(pid, 'stat');
    // The name in parentheses can contain spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_A_SECOND;
  }, 0);
}

/** Empty when the process has ended. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Allocated bytes of all files below a folder. */
function diskBytes(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
      const stats = statSync(join(directory, name), { throwIfNoEntry: false });
      return sum + (stats?.isFile() ? stats.blocks * 512 : 0);
    }, 0);
  } catch {
    // A folder was removed meanwhile.
    return 0;
  }
}
