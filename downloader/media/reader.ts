/** How the checks read a file: at random, or once and in order. */
import type { FileHandle } from 'node:fs/promises';

/** A file of known size. `read` gives exactly `end - start` bytes; 0 <= start <= end <= sizeBytes. */
export interface RandomReader {
  sizeBytes: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

/**
 * What the readers of containers see. Reads that do not fall back are possible on every source; `tail` comes last.
 * A read is short only at the end of the file; its bytes belong to the caller.
 */
export interface OrderedReader {
  /** False when bytes that were passed are gone. */
  seekable: boolean;
  read(start: number, lengthBytes: number): Promise<Uint8Array>;
  /** The last bytes of the file, at most `TAIL_BYTES`. */
  tail(): Promise<Uint8Array>;
  /** Waits for the end when the source is still arriving. */
  sizeBytes(): Promise<number>;
}

/** How much of the end a container may ask for: a few frames, pages or packets. */
export const TAIL_BYTES = 1024 * 1024;

/** Reads of a checked file come in small steps; each is at least this long, since each may cost a request. */
const BLOCK_BYTES = 16 * 1024;

/** Reads from memory. */
export function memoryReader(bytes: Uint8Array): RandomReader {
  return {
    sizeBytes: bytes.length,
    read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  };
}

/** Reads from an open file whose size does not change meanwhile. Throws when it turns out shorter. */
export function fileReader(file: FileHandle, sizeBytes: number): RandomReader {
  return {
    sizeBytes,
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw new Error(`the file ends before byte ${end}`);
        filled += bytesRead;
      }
      return bytes;
    },
  };
}

/** A random reader in the shape that the containers' readers take; the last block is kept, since headers lie close together. */
export function orderedReader(reader: RandomReader): OrderedReader {
  const size = reader.sizeBytes;
  let block: { start: number; bytes: Uint8Array } = { start: 0, bytes: new Uint8Array(0) };
  return {
    seekable: true,
    async read(start, lengthBytes) {
      const from = Math.min(start, size);
      const to = Math.min(start + lengthBytes, size);
      if (from < block.start || to > block.start + block.bytes.length) {
        const end = Math.min(Math.max(to, from + BLOCK_BYTES), size);
        block = { start: from, bytes: await reader.read(from, end) };
      }
      // A copy, since a kept header of 16 bytes would hold the whole block.
      return block.bytes.slice(from - block.start, to - block.start);
    },
    tail: () => reader.read(Math.max(0, size - TAIL_BYTES), size),
    sizeBytes: () => Promise.resolve(size),
  };
}
