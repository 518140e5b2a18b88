/** Reads the size of the first picture of a TIFF (revision 6.0) from its directory, which may be anywhere in the file. */
import type { OrderedReader } from '../reader.ts';
import type { PictureSize } from './picture-size.ts';

/** Maximum number of fields of a directory; photos have about a hundred. */
const MAX_FIELDS = 1000;
const WIDTH = 256;
const HEIGHT = 257;
const SHORT = 3;

/** In pixels; null without a directory that holds both. */
export async function readTiffSize(reader: OrderedReader): Promise<PictureSize | null> {
  const head = Buffer.from(await reader.read(0, 8));
  if (head.length < 8) return null;
  const isLittle = head[0] === 0x49;
  const at = isLittle ? head.readUInt32LE(4) : head.readUInt32BE(4);
  const directory = Buffer.from(await reader.read(at, 2 + MAX_FIELDS * 12));
  const short = (offset: number) =>
    isLittle ? directory.readUInt16LE(offset) : directory.readUInt16BE(offset);
  const long = (offset: number) =>
    isLittle ? directory.readUInt32LE(offset) : directory.readUInt32BE(offset);
  const fields = new Map<number, number>();
  const count = directory.length < 2 ? 0 : Math.min(short(0), MAX_FIELDS);
  for (let field = 2; field < 2 + count * 12 && field + 12 <= directory.length; field += 12) {
    fields.set(short(field), short(field + 2) === SHORT ? short(field + 8) : long(field + 8));
  }
  const width = fields.get(WIDTH);
  const height = fields.get(HEIGHT);
  return width && height ? { width, height } : null;
}
