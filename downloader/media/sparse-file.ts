/** A file of which only some pieces are kept in memory. */
import type { RandomReader } from './reader.ts';

export interface Piece {
  start: number;
  bytes: Uint8Array;
}

/** A sparse file as plain data, so that it can be sent to a thread. `pieces` are in ascending order and do not overlap. */
export interface SparseFile {
  pieces: readonly Piece[];
  sizeBytes: number;
}

/** Reads zeros where nothing was kept. */
export function sparseFile(pieces: readonly Piece[], sizeBytes: number): RandomReader {
  return {
    sizeBytes,
    read(start, end) {
      const out = new Uint8Array(end - start);
      for (let index = firstEndingAfter(pieces, start); index < pieces.length; index += 1) {
        const piece = pieces[index];
        if (!piece || piece.start >= end) break;
        const from = Math.max(start, piece.start);
        const to = Math.min(end, piece.start + piece.bytes.length);
        out.set(piece.bytes.subarray(from - piece.start, to - piece.start), from - start);
      }
      return Promise.resolve(out);
    },
  };
}

function firstEndingAfter(pieces: readonly Piece[], offset: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const piece = pieces[middle];
    if (piece && piece.start + piece.bytes.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
