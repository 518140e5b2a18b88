/** Keeps the heap of V8 small, and gives memory back to the system while no attempt runs. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds without an end of an attempt. Buffers that are kept for the next one have been freed by then, and it is longer than most pauses. */
const IDLE_MS = 60_000;
/** A collection costs up to 0.1 s of CPU time, and the next large import as much again. It pays when the process has grown by this since the last one, in bytes. */
const LEAST_GROWTH_BYTES = 16 * 1024 * 1024;

export interface IdleCollectionDeps {
  isIdle: () => boolean;
  collect?: () => void;
  residentBytes?: () => number;
}

/**
 * Call what this returns at the end of each attempt. After a time of many imports, V8 keeps the pages of its larger heap, and garbage
 * that it has no reason to collect while nothing happens: 35 MiB after 1,000 small imports.
 */
export function createIdleCollection(deps: IdleCollectionDeps): () => void {
  const { isIdle, collect = collectAll, residentBytes = () => process.memoryUsage.rss() } = deps;
  let leastBytes = residentBytes();
  const look = () => {
    if (!isIdle() || residentBytes() < leastBytes + LEAST_GROWTH_BYTES) return;
    collect();
    leastBytes = residentBytes();
  };
  let timer: NodeJS.Timeout | null = null;
  return () => {
    timer ??= setTimeout(look, IDLE_MS).unref();
    timer.refresh();
  };
}

/**
 * By how many percent the heap grows between two collections. V8's own factor is up to four: the process would have 20 to 40 MiB more after many
 * small imports.
 */
const GROWING_PERCENT = 40;

/** Call it at the start. On the command line, this flag would make Node refuse its compiled modules: 20 ms of CPU time at the start. */
export function limitHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
}

/** Only this kind of collection also releases free pages. */
export function collectAll(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
