/** CPU time and peak memory of running processes, from Linux's /proc. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Linux counts CPU time for programs in hundredths of a second, whatever the kernel's own tick is. */
const TICKS_A_SECOND = 100;

export interface Usage {
  cpuSeconds: number;
  peakRssMiB: number;
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; after it, utime and stime are the 12th and 13th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
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
