/**
 * Runs the library that parses tracks in threads. A header of a few bytes can keep them busy for minutes or fill
 * their memory; then only that thread is ended. Each check has its own thread, so that checks do not wait for each other.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { JobFailure } from '../job-failure.ts';
import type { ParseAnswer } from './parser-thread.ts';
import type { Track } from './read-tracks.ts';

/** Headers take some milliseconds; a busy, slow core may need a hundred times that. */
const TRACKS_TIMEOUT_MS = 10_000;
/** Loading the library takes 0.1 s, on a busy machine many times that. */
const START_TIMEOUT_MS = 30_000;
/** Memory of a thread, in MiB: headers take less than 20. */
const HEAP_MIB = 128;
/** Idle threads that are kept, and for how many milliseconds: starting one takes 0.1 s, keeping it some 20 MiB. */
const MAX_IDLE_THREADS = 2;
const IDLE_MS = 10_000;

/** The tracks that the headers of a file describe. Throws `media_unreadable`, also after `timeoutMs`. */
export async function parseTracks(header: Uint8Array, timeoutMs = TRACKS_TIMEOUT_MS): Promise<Track[]> {
  const worker = takeIdle() ?? (await start());
  const answer = await ask(worker, timeoutMs, () => worker.postMessage(header, []));
  rest(worker);
  if (!('tracks' in answer)) throw new JobFailure('media_unreadable');
  return answer.tracks;
}

/** Threads that have nothing to do. */
const idle = new Set<Worker>();

function takeIdle(): Worker | null {
  const [worker] = idle;
  if (!worker) return null;
  idle.delete(worker);
  worker.ref();
  return worker;
}

/** Resolves when the library is loaded, so that the time limit covers only the file. */
async function start(): Promise<Worker> {
  // Next to this module and with the same extension: TypeScript, or the bundle.
  const extension = extname(import.meta.filename);
  const worker = new Worker(new URL(`./parser-thread${extension}`, import.meta.url), {
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  // Without a listener, a late error of an ended thread would end the process.
  worker.on('error', () => {});
  await ask(worker, START_TIMEOUT_MS, () => undefined);
  return worker;
}

/** The next message of the thread after `send`. A thread that is late or dies is ended: `media_unreadable`. */
function ask(worker: Worker, timeoutMs: number, send: () => void): Promise<ParseAnswer> {
  return new Promise<ParseAnswer>((resolve, reject) => {
    const give = (answer: ParseAnswer): void => {
      detach();
      resolve(answer);
    };
    const fail = (detail: string, cause?: unknown): void => {
      detach();
      end(worker);
      reject(new JobFailure('media_unreadable', detail, { cause }));
    };
    const onDeath = (error: unknown): void => fail('its headers need too much memory', error);
    const timer = setTimeout(() => fail('its headers take too long to read'), timeoutMs);
    const detach = (): void => {
      clearTimeout(timer);
      worker.off('message', give).off('error', onDeath).off('exit', onDeath);
    };
    worker.on('message', give).on('error', onDeath).on('exit', onDeath);
    send();
  });
}

/** Keeps the thread for the next check, for a limited time. */
function rest(worker: Worker): void {
  if (idle.size >= MAX_IDLE_THREADS) return end(worker);
  worker.unref();
  idle.add(worker);
  setTimeout(() => idle.delete(worker) && end(worker), IDLE_MS).unref();
}

function end(worker: Worker): void {
  idle.delete(worker);
  void worker.terminate();
}
