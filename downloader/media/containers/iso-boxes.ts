/** Boxes of MP4 and MOV in memory (ISO/IEC 14496-12, 4.2). Pure. */
import { JobFailure } from '../../job-failure.ts';

/** Entries of tables that are read before the event loop has a turn: some milliseconds. */
export const ENTRIES_AT_ONCE = 100_000;

export interface Box {
  type: string;
  /** With its header. */
  whole: Buffer;
  content: Buffer;
}

export type BoxReader = (parent: Buffer | undefined) => Generator<Box>;

/**
 * Reads the boxes that follow each other, up to the first one that is damaged or not whole. Throws `media_unreadable` after
 * `maxBoxes` in all calls together, since a box can be as small as eight bytes.
 */
export function createBoxReader(maxBoxes: number): BoxReader {
  let count = 0;
  return function* boxesIn(parent = Buffer.alloc(0)) {
    for (let at = 0; at + 8 <= parent.length;) {
      count += 1;
      if (count > maxBoxes) throw new JobFailure('media_unreadable', 'too many boxes');
      const { headerBytes, sizeBytes } = readHeader(parent, at);
      if (sizeBytes < headerBytes || at + sizeBytes > parent.length) return;
      const whole = parent.subarray(at, at + sizeBytes);
      yield { type: whole.toString('latin1', 4, 8), whole, content: whole.subarray(headerBytes) };
      at += sizeBytes;
    }
  };
}

function readHeader(parent: Buffer, at: number): { headerBytes: number; sizeBytes: number } {
  const size = parent.readUInt32BE(at);
  if (size === 1) return { headerBytes: 16, sizeBytes: uint64(parent, at + 8) };
  return { headerBytes: 8, sizeBytes: size || parent.length - at };
}

/** The first box of each of these types. */
export function firstOf(boxes: Iterable<Box>, types: readonly string[]): Map<string, Box> {
  const found = new Map<string, Box>();
  for (const box of boxes) if (types.includes(box.type) && !found.has(box.type)) found.set(box.type, box);
  return found;
}

/** A box of these parts. */
export function makeBox(type: string, ...parts: readonly (Uint8Array | undefined)[]): Buffer {
  const content = parts.filter((part) => part !== undefined);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(content.reduce((sum, { length }) => sum + length, 8));
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, ...content]);
}

/** Big-endian; 0 where the bytes end before. */
export function uint32(bytes: Buffer | undefined, at: number): number {
  return bytes && at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
}

/** Big-endian; 0 where the bytes end before. */
export function uint64(bytes: Buffer | undefined, at: number): number {
  return uint32(bytes, at) * 2 ** 32 + uint32(bytes, at + 4);
}
