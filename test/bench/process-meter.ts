/** CPU time and peak memory of processes, from Linux's /proc. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Linux reports CPU time in hundredths of a second, independent of the kernel's tick. */
const TICKS_A_SECOND = 100;
/** Milliseconds between two samples of a process. */
const LOOK_EVERY_MS = 20;

export interface Usage {
  cpuSeconds: number;
  peakRssMiB: number;
}

/** Returns the sum of two adjacent fields in /proc/<pid>/stat, in seconds. Fields are counted from the one after the name. */
function secondsOf(pid: number | 'self', first: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses can contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[first]) + Number(fields[first + 1])) / TICKS_A_SECOND;
}

/** User and system time of the process. */
function cpuSeconds(pid: number): number {
  return secondsOf(pid, 11);
}

/** CPU seconds of all ended children of this process (cutime and cstime). */
export function endedCpuSeconds(): number {
  return secondsOf('self', 13);
}

function peakRssMiB(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) / 1024;
}

/** Starts a measurement. The returned function gives the usage of the process since then. */
export function startMeter(pid: number): () => Usage {
  // Writing 5 resets the peak to the current resident size.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = cpuSeconds(pid);
  return () => ({ cpuSeconds: cpuSeconds(pid) - before, peakRssMiB: peakRssMiB(pid) });
}

/** Samples a process. The returned function gives the highest peak in MiB, after the process has ended. */
export function peakOf(pid: number): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    try {
      peak = Math.max(peak, peakRssMiB(pid));
    } catch {
      // The process ended between two samples.
    }
  }, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    return peak;
  };
}
