/** A thread in which libraries parse foreign bytes. It gets one request at a time. */
import { parentPort } from 'node:worker_threads';
import { imageSize } from 'image-size';
import { CutShort } from './cut-short.ts';
import type { SparseFile } from './sparse-file.ts';
import { readTracks, type Track, type TrackDepth } from './read-tracks.ts';

export type ParseRequest =
  { kind: 'tracks'; file: SparseFile; depth: TrackDepth } | { kind: 'picture'; head: Uint8Array };

export interface Dimensions {
  width: number;
  height: number;
}

/** `ready` comes once, when the libraries are loaded. `cut` and `damaged` stand for the errors of the libraries. */
export type ParseAnswer =
  { ready: true } | { tracks: Track[] } | { size: Dimensions } | { verdict: 'cut' | 'damaged' };

async function parse(request: ParseRequest): Promise<ParseAnswer> {
  try {
    if (request.kind === 'tracks') return { tracks: await readTracks(request.file, request.depth) };
    const { width, height } = imageSize(request.head);
    return { size: { width, height } };
  } catch (error) {
    return { verdict: error instanceof CutShort ? 'cut' : 'damaged' };
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
