/** Mutations of bytes without a structure. */
import type { Random } from './random.ts';

/** Numbers at which readers go wrong. */
const EDGES = [
  0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0,
  0xffffffff,
] as const;

/** A copy with this many mutations. */
export function mutateBytes(random: Random, original: Buffer, count: number): Buffer {
  let bytes = Buffer.from(original);
  for (let done = 0; done < count; done += 1) bytes = mutateOnce(random, bytes);
  return bytes;
}

function mutateOnce(random: Random, bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const at = placeIn(random, bytes);
  switch (random.below(7)) {
    case 0:
      if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 1:
      return writeNumber(random, bytes, at);
    case 2:
      return writeNumber(random, bytes, at - (at % 4));
    case 3:
      return insert(bytes, at, random.bytes(1 + random.below(16)));
    case 4:
      return insert(
        bytes,
        at,
        Buffer.alloc(random.pick([4, 100, 10_000]), random.pick([0, 0x30, 0x80, 0xff])),
      );
    case 5:
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(at + 1 + random.below(random.pick([4, 64, bytes.length]))),
      ]);
    default:
      return random.oneIn(3)
        ? Buffer.from(bytes.subarray(0, at))
        : insert(
            bytes,
            at,
            bytes.subarray(random.below(bytes.length)).subarray(0, random.pick([4, 64, 4096])),
          );
  }
}

/** Mostly near one of the ends, where the structure is. */
function placeIn(random: Random, bytes: Buffer): number {
  const near = random.below(Math.min(bytes.length, 64));
  return random.pick([
    near,
    random.below(bytes.length),
    random.below(Math.min(bytes.length, 2000)),
    bytes.length - 1 - near,
  ]);
}

function insert(bytes: Buffer, at: number, part: Buffer): Buffer<ArrayBuffer> {
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
}

/** Writes an edge, the length of the file or what lies beside it, in one of the usual widths. */
function writeNumber(random: Random, bytes: Buffer<ArrayBuffer>, at: number): Buffer<ArrayBuffer> {
  const value = random.pick([
    random.pick(EDGES),
    random.pick(EDGES),
    bytes.length + random.below(3) - 1,
    random.below(2 ** 32),
  ]);
  const width = random.pick([1, 2, 4, 4, 8]);
  if (at < 0 || at + width > bytes.length) return bytes;
  if (width === 8) bytes.writeUInt32BE(random.pick(EDGES), at);
  const low = width === 8 ? at + 4 : at;
  const bytesLow = Math.min(width, 4);
  const fitting = value % 2 ** (8 * bytesLow);
  if (random.oneIn(2)) bytes.writeUIntBE(fitting, low, bytesLow);
  else bytes.writeUIntLE(fitting, low, bytesLow);
  return bytes;
}
