/**
 * `npm run fuzz`: mutates files and texts and reads them with every reader of foreign bytes. A failure names the seed, the
 * target and the iteration, with which it can be repeated.
 *
 *     npm run fuzz -- [--seconds 60] [--seed N] [--target NAME] [--iteration N]
 *
 * `--seconds` is the time for all targets together. Exit code 1 after a failure.
 */
import { Worker } from 'node:worker_threads';
import { orExit } from '../../scripts/lib/arguments.ts';
import type { FuzzOrder, FuzzReport } from './fuzz-thread.ts';
import { fuzzOptions } from './options.ts';
import { TARGETS } from './targets/targets.ts';

/** Memory of the thread's heap, in MiB. */
const HEAP_MIB = 256;
/** An iteration that takes longer, in milliseconds, never ends. */
const HANGS_AFTER_MS = 15_000;
const LOOK_EVERY_MS = 500;

const names = TARGETS.map(({ name }) => name);
const { seconds, seed, target, iteration } = orExit(() => fuzzOptions(process.argv.slice(2), names));
const order: FuzzOrder = {
  seed,
  milliseconds: (seconds * 1000) / (target === null ? names.length : 1),
  target,
  iteration,
  now: new Int32Array(new SharedArrayBuffer(8)),
};

function fail(target: string, iteration: number, text: string): void {
  console.log(`${target} failed: ${text}`);
  console.log(
    `Repeat it with: npm run fuzz -- --seed ${order.seed} --target ${target} --iteration ${iteration}`,
  );
  process.exitCode = 1;
}

const current = (): [string, number] => [names[order.now[0] ?? 0] ?? '', order.now[1] ?? 0];

/** Ends the process when the thread stays in one iteration. */
function watch(): NodeJS.Timeout {
  let seen = '';
  let sinceMs = performance.now();
  return setInterval(() => {
    const now = order.now.join(' ');
    if (now !== seen) sinceMs = performance.now();
    seen = now;
    if (performance.now() - sinceMs < HANGS_AFTER_MS) return;
    fail(...current(), `it does not end within ${HANGS_AFTER_MS / 1000} s`);
    // A thread inside one call of the engine cannot be ended alone.
    process.exit();
  }, LOOK_EVERY_MS);
}

console.log(`Seed ${order.seed}`);
const thread = new Worker(new URL('fuzz-thread.ts', import.meta.url), {
  workerData: order,
  resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
});
const watching = watch();
thread.on('message', ({ target, runs, slowestMs, failure }: FuzzReport) => {
  console.log(`${target}: ${runs} runs, the slowest ${slowestMs.toFixed(0)} ms`);
  if (failure) fail(target, failure.iteration, `${failure.text}\nThe input is in ${failure.file}`);
});
thread.on('error', (error) => fail(...current(), String(error)));
thread.on('exit', () => clearInterval(watching));
