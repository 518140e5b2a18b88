/** The thread that runs the targets. It notes what it is about to run, so that its parent can name an input that never ends. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Random } from './random.ts';
import { TARGETS } from './targets/targets.ts';
import type { Target } from './target.ts';
import { mutateFile } from './tree.ts';

export interface FuzzOrder {
  seed: number;
  /** For each target. */
  milliseconds: number;
  /** Only this target, and only this iteration of it; null: all. */
  target: string | null;
  iteration: number | null;
  /** The index of the target and the number of the iteration that runs now. */
  now: Int32Array;
}

export interface FuzzReport {
  target: string;
  runs: number;
  slowestMs: number;
  /** What went wrong, at which iteration, and the file with the input; null when nothing did. */
  failure: { iteration: number; text: string; file: string } | null;
}

/** Most CPU time of one run, in milliseconds. The input has at most 2 MiB. */
const MAX_CPU_MS = 1500;
/** Most growth of the highest memory in this many runs, in MiB. */
const MAX_MEMORY_MIB = 200;
const LOOK_EVERY_RUNS = 20;

const order = workerData as FuzzOrder;

/** The highest memory of this process so far, in MiB. */
const peakMiB = (): number => process.resourceUsage().maxRSS / 1024;

async function runOnce(target: Target, bytes: Buffer, random: Random): Promise<number> {
  const before = process.threadCpuUsage();
  await target.run(bytes, random);
  const { user, system } = process.threadCpuUsage(before);
  const tookMs = (user + system) / 1000;
  if (tookMs > MAX_CPU_MS) throw new Error(`it took ${tookMs.toFixed(0)} ms of CPU time`);
  return tookMs;
}

/** Looks at the memory after some runs, since the question takes longer than many of them. */
function watchMemory(): (iteration: number) => void {
  let before = peakMiB();
  return (iteration) => {
    if (iteration % LOOK_EVERY_RUNS !== LOOK_EVERY_RUNS - 1) return;
    const growth = peakMiB() - before;
    before += growth;
    if (growth > MAX_MEMORY_MIB)
      throw new Error(`it, or one of the ${LOOK_EVERY_RUNS} before, needed ${growth.toFixed(0)} MiB`);
  };
}

function keep(bytes: Buffer): string {
  const file = join(
    tmpdir(),
    `importly-fuzz-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`,
  );
  writeFileSync(file, bytes);
  return file;
}

async function fuzz(target: Target, index: number): Promise<FuzzReport> {
  const corpus = await target.corpus();
  const deadlineMs = performance.now() + order.milliseconds;
  const checkMemory = watchMemory();
  let slowestMs = 0;
  let iteration = order.iteration ?? 0;
  for (; order.iteration !== null || performance.now() < deadlineMs; iteration += 1) {
    order.now.set([index, iteration]);
    const random = new Random(order.seed, target.name, iteration);
    const bytes = mutateFile(random, target, corpus);
    try {
      slowestMs = Math.max(slowestMs, await runOnce(target, bytes, random));
      checkMemory(iteration);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return {
        target: target.name,
        runs: iteration,
        slowestMs,
        failure: { iteration, text, file: keep(bytes) },
      };
    }
    if (order.iteration !== null) break;
  }
  return { target: target.name, runs: iteration, slowestMs, failure: null };
}

for (const [index, target] of TARGETS.entries()) {
  if (order.target !== null && order.target !== target.name) continue;
  const report = await fuzz(target, index);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(report);
}
