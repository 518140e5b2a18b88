/** CPU time and peak memory of processes, from Linux's /proc. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Linux counts CPU time for programs in hundredths of a second, whatever the kernel's own tick is. */
const TICKS_A_SECOND = 100;
/** Milliseconds between two looks at a process whose end nobody foresees. */
const LOOK_EVERY_MS = 20;

export interface Usage {
  cpuSeconds: number;
  peakRssMiB: number;
}

/** Two neighbouring fields of /proc/<pid>/stat, counted from the one after the name, summed as seconds. */
function secondsOf(pid: number | 'self', first: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[first]) + Number(fields[first + 1])) / TICKS_A_SECOND;
}

/** utime and stime. */
function cpuSeconds(pid: number): number {
  return secondsOf(pid, 11);
}

/** CPU seconds of all children of this process that have ended (cutime and cstime). */
export function endedCpuSeconds(): number {
  return secondsOf('self', 13);
}

function peakRssMiB(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) / 1024;
}

/** Begins now; the function that it answers tells what the process has used since. */
export function startMeter(pid: number): () => Usage {
  // 5 sets the peak back to what is resident now.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = cpuSeconds(pid);
  return () => ({ cpuSeconds: cpuSeconds(pid) - before, peakRssMiB: peakRssMiB(pid) });
}

/** Looks at a process until it is asked, after its end, for the highest peak that it saw, in MiB. */
export function peakOf(pid: number): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    try {
      peak = Math.max(peak, peakRssMiB(pid));
    } catch {
      // It has ended between two looks.
    }
  }, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    return peak;
  };
}
