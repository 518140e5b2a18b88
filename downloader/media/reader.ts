/** The two ways to read a file for a check: at random positions, or once and in order. */
import type { FileHandle } from 'node:fs/promises';

/** A file of known size. `read` gives exactly `end - start` bytes; 0 <= start <= end <= sizeBytes. */
export interface RandomReader {
  sizeBytes: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

/**
 * The interface for readers of containers. Each read starts at or after the start of the read before; `tail` comes last.
 * A read is short only at the end of the file. Its bytes must not be changed.
 */
export interface OrderedReader {
  /** False when earlier bytes cannot be read again. */
  seekable: boolean;
  read(start: number, lengthBytes: number): Promise<Uint8Array>;
  /** The last bytes of the file, at most `TAIL_BYTES`. */
  tail(): Promise<Uint8Array>;
  /** Waits for the end when the source is still arriving. */
  sizeBytes(): Promise<number>;
}

/** Bytes at the end of a file that readers can look at: enough for some frames, pages or packets. */
export const TAIL_BYTES = 1024 * 1024;

/** Smallest read, in bytes: readers take small steps, and each read may cost a request. */
const BLOCK_BYTES = 16 * 1024;

/** Reads from memory. */
export function memoryReader(bytes: Uint8Array): RandomReader {
  return {
    sizeBytes: bytes.length,
    read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  };
}

/** Reads from an open file of constant size. Throws when the file is shorter. */
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

/** An ordered reader on top of a random one. Keeps the last block, since headers are close to each other. */
export function orderedReader(reader: RandomReader): OrderedReader {
  const size = reader.sizeBytes;
  let block: { start: number; bytes: Uint8Array } = { start: 0, bytes: new Uint8Array(0) };
  return {
    seekable: true,
    async read(start, lengthBytes) {
      const from = Math.min(start, size);
      const to = Math.min(start + lengthBytes, size);
      if (to - from > BLOCK_BYTES) return reader.read(from, to);
      if (from < block.start || to > block.start + block.bytes.length) {
        const end = Math.min(Math.max(to, from + BLOCK_BYTES), size);
        block = { start: from, bytes: await reader.read(from, end) };
      }
      // A copy, since a view of 16 bytes would keep the whole block in memory.
      return block.bytes.slice(from - block.start, to - block.start);
    },
    tail: () => reader.read(Math.max(0, size - TAIL_BYTES), size),
    sizeBytes: () => Promise.resolve(size),
  };
}
