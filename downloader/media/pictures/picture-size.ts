/** Reads the sizes of pictures whose formats state them at a fixed place in front. Pure. */

/** In pixels. */
export interface PictureSize {
  width: number;
  height: number;
}

/** Bytes that hold the size. */
const HEADER_BYTES = 64;

const READERS: Readonly<Record<string, (header: Buffer) => PictureSize | null>> = {
  png: readPng,
  gif: (header) => ({ width: header.readUInt16LE(6), height: header.readUInt16LE(8) }),
  bmp: readBmp,
  webp: readWebp,
};

/** The size by the head of the file. Null when it is not there: `width` and `height` may also be 0. */
export function readHeadSize(container: string, head: Buffer): PictureSize | null {
  // The zeros let a reader look past the end of a short file.
  const header = Buffer.concat([head.subarray(0, HEADER_BYTES), Buffer.alloc(HEADER_BYTES)]);
  return READERS[container]?.(header) ?? null;
}

/** Chunk IHDR (PNG, 11.2.1). Apple writes the chunk CgBI before it. */
function readPng(header: Buffer): PictureSize {
  const at = header.toString('latin1', 12, 16) === 'CgBI' ? 32 : 16;
  return { width: header.readUInt32BE(at), height: header.readUInt32BE(at + 4) };
}

/** The first version of the header has 12 bytes. A negative height says that the rows start at the top. */
function readBmp(header: Buffer): PictureSize {
  const isFirstVersion = header.readUInt32LE(14) === 12;
  if (isFirstVersion) return { width: header.readUInt16LE(18), height: header.readUInt16LE(20) };
  return { width: header.readUInt32LE(18), height: Math.abs(header.readInt32LE(22)) };
}

/** The first chunk: extended, without loss, or with loss (RFC 9649, 2.5 to 2.7). */
function readWebp(header: Buffer): PictureSize | null {
  switch (header.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: header.readUIntLE(24, 3) + 1, height: header.readUIntLE(27, 3) + 1 };
    case 'VP8L': {
      const bits = header.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ':
      return { width: header.readUInt16LE(26) & 0x3fff, height: header.readUInt16LE(28) & 0x3fff };
    default:
      return null;
  }
}
