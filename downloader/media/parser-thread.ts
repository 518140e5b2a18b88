/** The thread in which libraries parse foreign bytes. It answers one request after the other. */
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

/** `cut` and `damaged` are what the libraries' errors come to. */
export type ParseAnswer = { tracks: Track[] } | { size: Dimensions } | { verdict: 'cut' | 'damaged' };

async function parse(request: ParseRequest): Promise<ParseAnswer> {
  try {
    if (request.kind === 'tracks') return { tracks: await readTracks(request.file, request.depth) };
    const { width, height } = imageSize(request.head);
    return { size: { width, height } };
  } catch (error) {
    return { verdict: error instanceof CutShort ? 'cut' : 'damaged' };
  }
}

// What libraries print about foreign bytes belongs into nobody's log.
for (const method of ['debug', 'error', 'info', 'log', 'warn'] as const) console[method] = () => {};

parentPort?.on('message', (request: ParseRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void parse(request).then((answer) => parentPort?.postMessage(answer));
});
