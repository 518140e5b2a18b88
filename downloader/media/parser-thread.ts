/** A thread in which a library parses the headers of one file at a time. */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { readTracks, type Track } from './read-tracks.ts';

/** As for child processes. */
const NICE = 10;

/** `ready` comes once, when the library is loaded. `damaged` stands for the errors of the library. */
export type ParseAnswer = { ready: true } | { tracks: Track[] } | { damaged: true };

async function parse(header: Uint8Array): Promise<ParseAnswer> {
  try {
    return { tracks: await readTracks(header) };
  } catch {
    return { damaged: true };
  }
}

// The main thread serves all jobs, so it comes first. On Linux, this is the priority of the calling thread alone.
if (process.platform === 'linux') setPriority(NICE);

// The messages of the library about foreign bytes do not belong in the log.
for (const method of ['debug', 'error', 'info', 'log', 'warn'] as const) console[method] = () => {};

const READY: ParseAnswer = { ready: true };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(READY);

parentPort?.on('message', (header: Uint8Array) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void parse(header).then((answer) => parentPort?.postMessage(answer));
});
