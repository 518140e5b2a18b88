/** Reads the size of a HEIC or AVIF picture from its item properties (ISO/IEC 23008-12, 6.5.3). Pure. */
import { createBoxReader, firstOf, uint32, type BoxReader } from '../containers/iso-boxes.ts';
import type { PictureSize } from './picture-size.ts';

/** Boxes that are read: as many as fit into 64 KiB. */
const MAX_BOXES = 8192;
/** A full box starts with its version and flags. */
const FULL_BYTES = 4;

/** The largest of the sizes: others are of tiles, previews and masks. Null when the head of the file holds none. */
export function readHeifSize(head: Buffer): PictureSize | null {
  const boxesIn = createBoxReader(MAX_BOXES);
  const meta = contentOf(boxesIn, head, 'meta');
  const properties = contentOf(boxesIn, meta?.subarray(FULL_BYTES), 'iprp');
  let largest: PictureSize | null = null;
  for (const { type, content } of boxesIn(contentOf(boxesIn, properties, 'ipco'))) {
    if (type !== 'ispe') continue;
    const size = { width: uint32(content, FULL_BYTES), height: uint32(content, FULL_BYTES + 4) };
    if (size.width * size.height > (largest ? largest.width * largest.height : 0)) largest = size;
  }
  return largest;
}

function contentOf(boxesIn: BoxReader, parent: Buffer | undefined, type: string): Buffer | undefined {
  return firstOf(boxesIn(parent), [type]).get(type)?.content;
}
