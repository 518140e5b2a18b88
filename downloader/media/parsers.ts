/**
 * Libraries that parse foreign bytes run in a thread of their own: a header of a few bytes can keep them busy for
 * minutes (a sample table that claims 2³² samples) or fill the memory, and then only that thread is ended.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { JobFailure } from '../job-failure.ts';
import type { SparseFile } from './sparse-file.ts';
import type { Dimensions, ParseAnswer, ParseRequest } from './parser-thread.ts';
import type { Track, TrackDepth } from './read-tracks.ts';

/** The sample tables of twelve hours of video were seen to take 0.6 s; a busy, slow core may need ten times that. */
const PARSE_TIMEOUT_MS = 10_000;
/** Memory of the thread, in MiB: those of twelve hours were seen to take 400. */
const MAX_HEAP_MIB = 768;
/** How long an idle thread is kept, in ms: starting one takes 0.1 s, keeping it some 20 MiB. */
const IDLE_MS = 10_000;

/** The tracks of a sparse file. Throws `media_truncated` or `media_unreadable`. */
export async function parseTracks(file: SparseFile, depth: TrackDepth): Promise<Track[]> {
  const answer = await parse({ kind: 'tracks', file, depth });
  if (!('tracks' in answer)) throw new JobFailure('media_unreadable');
  return answer.tracks;
}

/** The dimensions of a picture, by its first bytes. Throws `media_unreadable`. */
export async function parsePicture(head: Uint8Array): Promise<Dimensions> {
  const answer = await parse({ kind: 'picture', head });
  if (!('size' in answer) || !(answer.size.width > 0 && answer.size.height > 0)) {
    throw new JobFailure('media_unreadable');
  }
  return answer.size;
}

let thread: Worker | null = null;
let idle: NodeJS.Timeout | undefined;
/** Requests wait for each other: they take milliseconds, and a hostile one then harms none of the others. */
let turn: Promise<unknown> = Promise.resolve();

async function parse(request: ParseRequest): Promise<ParseAnswer> {
  const mine = turn.then(() => ask(request));
  turn = mine.catch(() => null);
  const answer = await mine;
  if ('verdict' in answer) {
    throw new JobFailure(answer.verdict === 'cut' ? 'media_truncated' : 'media_unreadable');
  }
  return answer;
}

function ask(request: ParseRequest): Promise<ParseAnswer> {
  clearTimeout(idle);
  const worker = (thread ??= start());
  worker.ref();
  return new Promise<ParseAnswer>((resolve, reject) => {
    const give = (answer: ParseAnswer): void => {
      detach();
      rest(worker);
      resolve(answer);
    };
    const fail = (detail: string, cause?: unknown): void => {
      detach();
      drop(worker);
      reject(new JobFailure('media_unreadable', detail, { cause }));
    };
    const onDeath = (error: unknown): void => fail('its headers are too much to read', error);
    const timer = setTimeout(() => fail('its headers take too long to read'), PARSE_TIMEOUT_MS);
    const detach = (): void => {
      clearTimeout(timer);
      worker.off('message', give).off('error', onDeath).off('exit', onDeath);
    };
    worker.on('message', give).on('error', onDeath).on('exit', onDeath);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(request);
  });
}

function start(): Worker {
  // Beside this module, and of its kind: a source, or bundled.
  const extension = extname(import.meta.filename);
  return new Worker(new URL(`./parser-thread${extension}`, import.meta.url), {
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
  });
}

/** An idle thread neither keeps the process alive nor stays for long. */
function rest(worker: Worker): void {
  worker.unref();
  idle = setTimeout(() => drop(worker), IDLE_MS).unref();
}

function drop(worker: Worker): void {
  if (thread === worker) thread = null;
  // The error of a thread that is ended has been reported already, or is nobody's.
  worker.on('error', () => {});
  void worker.terminate();
}
