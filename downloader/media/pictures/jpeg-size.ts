/** Reads the size of a JPEG from its frame header (ISO/IEC 10918-1, B.2), which can follow large profiles and previews. */
import type { OrderedReader } from '../reader.ts';
import type { PictureSize } from './picture-size.ts';

/** Maximum number of segments: a color profile of many MiB has some hundreds. */
const MAX_SEGMENTS = 2000;
const START_OF_SCAN = 0xda;
/** Markers in the range of frame headers that have another meaning: DHT, JPG and DAC. */
const NOT_FRAMES = new Set([0xc4, 0xc8, 0xcc]);

/** In pixels; null without a frame header. */
export async function readJpegSize(reader: OrderedReader): Promise<PictureSize | null> {
  let offset = 2;
  for (let count = 0; count < MAX_SEGMENTS; count += 1) {
    const head = Buffer.from(await reader.read(offset, 9));
    const marker = head[1] ?? 0;
    if (head.length < 9 || head[0] !== 0xff || marker === START_OF_SCAN) return null;
    if (marker >= 0xc0 && marker <= 0xcf && !NOT_FRAMES.has(marker)) {
      return { width: head.readUInt16BE(7), height: head.readUInt16BE(5) };
    }
    // A byte of padding, a marker without a segment, or a segment with its length.
    if (marker === 0xff) offset += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) offset += 2;
    else offset += 2 + Math.max(2, head.readUInt16BE(2));
  }
  return null;
}
