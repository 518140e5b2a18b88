/** The elements of EBML (RFC 8794). */
import type { OrderedReader } from '../reader.ts';

/** Ids of the Matroska elements that are used. */
export const ID = {
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackType: 0x83,
  /** Of a frame, in nanoseconds. */
  defaultDuration: 0x23e383,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  /** Children of the segment. They end a cluster of unknown size. */
  topLevel: new Set([
    0x1a45dfa3, 0x18538067, 0x114d9b74, 0x1549a966, 0x1654ae6b, 0x1f43b675, 0x1c53bb6b, 0x1941a469,
    0x1043a770, 0x1254c367,
  ]),
};

export interface Element {
  id: number;
  start: number;
  dataStart: number;
  /** Null for an element of unknown size. */
  end: number | null;
}

/** The element at an offset; null at the end of the file and where there is no valid element. */
export async function element(reader: OrderedReader, start: number): Promise<Element | null> {
  const head = await reader.read(start, 12);
  const idBytes = vintLength(head[0], 4);
  const sizeBytes = vintLength(head[idBytes], 8);
  if (!idBytes || !sizeBytes || head.length < idBytes + sizeBytes) return null;
  const id = head.subarray(0, idBytes).reduce((value, byte) => value * 256 + byte, 0);
  const first = (head[idBytes] ?? 0) & (0xff >> sizeBytes);
  const rest = head.subarray(idBytes + 1, idBytes + sizeBytes);
  const size = rest.reduce((value, byte) => value * 256 + byte, first);
  const unknown = first === 0xff >> sizeBytes && rest.every((byte) => byte === 0xff);
  const dataStart = start + idBytes + sizeBytes;
  return { id, start, dataStart, end: unknown ? null : dataStart + size };
}

/** Length in bytes of a variable-size number, from its first byte; 0 when it is invalid. */
function vintLength(first: number | undefined, most: number): number {
  const length = first ? Math.clz32(first) - 23 : 0;
  return length <= most ? length : 0;
}

/** The time of a block relative to its cluster; null when the block is cut. */
export function blockTime(block: Uint8Array): number | null {
  const trackBytes = vintLength(block[0], 8);
  if (!trackBytes || block.length < trackBytes + 2) return null;
  return Buffer.from(block).readInt16BE(trackBytes);
}

/** An element in memory. */
export interface Child {
  id: number;
  /** With its own header. */
  whole: Buffer;
  data: Buffer;
}

/** The elements that follow each other in memory, up to the first that is damaged. The last one may be cut. */
export function* childrenOf(data: Uint8Array): Generator<Child> {
  const view = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  for (let offset = 0; offset < view.length;) {
    const idBytes = vintLength(view[offset], 4);
    const sizeBytes = vintLength(view[offset + idBytes], 8);
    const start = offset + idBytes + sizeBytes;
    if (!idBytes || !sizeBytes || start > view.length) return;
    const size = view
      .subarray(offset + idBytes + 1, start)
      .reduce((value, byte) => value * 256 + byte, (view[offset + idBytes] ?? 0) & (0xff >> sizeBytes));
    const end = start + size;
    yield {
      id: view.readUIntBE(offset, idBytes),
      whole: view.subarray(offset, end),
      data: view.subarray(start, end),
    };
    offset = end;
  }
}

/** A number that is a direct child of a header element in memory. */
export function numberIn(parent: Uint8Array | null, id: number): number | null {
  const [element] = parent ? childrenOf(parent) : [];
  for (const child of childrenOf(element?.data ?? new Uint8Array()))
    if (child.id === id) return decode(child.data, id);
  return null;
}

function decode(data: Buffer, id: number): number | null {
  if (id === ID.duration) {
    if (data.length === 8) return data.readDoubleBE(0);
    return data.length === 4 ? data.readFloatBE(0) : null;
  }
  return data.length > 0 && data.length <= 8 ? data.reduce((value, byte) => value * 256 + byte, 0) : null;
}
