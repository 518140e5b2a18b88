/** Runs a program to its end and measures it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { endedCpuSeconds, peakOf } from './process-meter.ts';

/** What one transfer costs. */
export interface Cost {
  wallSeconds: number;
  /** All processes of the program: for this service, downloader and Worker. */
  cpuSeconds: number;
  /** Of this service, the downloader alone. */
  peakRssMiB: number;
}

/** Throws with what the program printed if it fails. No other child of this process may end meanwhile. */
export async function runProgram(
  command: string,
  args: string[],
  env: Record<string, string>,
): Promise<Cost> {
  const before = endedCpuSeconds();
  const startedAt = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  child.stderr.on('data', (text) => (printed += String(text)));
  const peak = peakOf(child.pid ?? 0);
  const [code] = (await once(child, 'close')) as [number | null];
  const wallSeconds = (performance.now() - startedAt) / 1000;
  const peakRssMiB = peak();
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${printed.slice(0, 1000)}`);
  return { wallSeconds, cpuSeconds: endedCpuSeconds() - before, peakRssMiB };
}
