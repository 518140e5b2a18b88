/** A thread in which libraries parse foreign bytes. It gets one request at a time. */
import { parentPort } from 'node:worker_threads';
import { imageSize } from 'image-size';
import { readTracks, type Track } from './read-tracks.ts';

/** `tracks`: the headers of a file; `picture`: its first bytes. */
export interface ParseRequest {
  kind: 'tracks' | 'picture';
  bytes: Uint8Array;
}

export interface Dimensions {
  width: number;
  height: number;
}

/** `ready` comes once, when the libraries are loaded. `damaged` stands for the errors of the libraries. */
export type ParseAnswer = { ready: true } | { tracks: Track[] } | { size: Dimensions } | { damaged: true };

async function parse({ kind, bytes }: ParseRequest): Promise<ParseAnswer> {
  try {
    if (kind === 'tracks') return { tracks: await readTracks(bytes) };
    const { width, height } = imageSize(bytes);
    return { size: { width, height } };
  } catch {
    return { damaged: true };
  }
}

// The messages of libraries about foreign bytes do not belong in the log.
for (const method of ['debug', 'error', 'info', 'log', 'warn'] as const) console[method] = () => {};

const READY: ParseAnswer = { ready: true };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(READY);

parentPort?.on('message', (request: ParseRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void parse(request).then((answer) => parentPort?.postMessage(answer));
});
