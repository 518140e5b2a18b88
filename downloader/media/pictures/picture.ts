/** Reads the size of a picture, and checks that it is complete. */
import { JobFailure } from '../../job-failure.ts';
import type { OrderedReader } from '../reader.ts';
import { readHeifSize } from './heif-size.ts';
import { readJpegSize } from './jpeg-size.ts';
import { readHeadSize, type PictureSize } from './picture-size.ts';
import { readTiffSize } from './tiff-size.ts';

/** Bytes that are read from the start: all formats except JPEG and TIFF have their size there. */
const HEAD_BYTES = 64 * 1024;

/** Dimensions in pixels. Throws `media_unreadable` without them, `media_truncated` when the end of the format is missing. */
export async function readPicture(reader: OrderedReader, container: string): Promise<PictureSize> {
  const head = Buffer.from(await reader.read(0, HEAD_BYTES));
  const size = await readSize(reader, container, head);
  const tail = Buffer.from(await reader.tail());
  if (!isWhole(container, head, tail, await reader.sizeBytes())) throw new JobFailure('media_truncated');
  if (!size?.width || !size.height) throw new JobFailure('media_unreadable');
  return size;
}

async function readSize(reader: OrderedReader, container: string, head: Buffer): Promise<PictureSize | null> {
  switch (container) {
    case 'jpeg':
      return readJpegSize(reader);
    case 'tiff':
      return readTiffSize(reader);
    case 'avif':
    case 'heif':
      return readHeifSize(head);
    default:
      return readHeadSize(container, head);
  }
}

/** Checks the end of each format. The parts of a TIFF can be anywhere, so a TIFF always passes. */
function isWhole(container: string, head: Buffer, tail: Buffer, sizeBytes: number): boolean {
  switch (container) {
    case 'png':
      return tail.includes('IEND\xae\x42\x60\x82', 0, 'latin1');
    case 'jpeg':
      return tail.includes(Buffer.of(0xff, 0xd9));
    case 'gif':
      return tail[tail.findLastIndex((byte) => byte !== 0)] === 0x3b;
    case 'webp':
      return head.length >= 8 && head.readUInt32LE(4) + 8 <= sizeBytes;
    case 'bmp':
      return head.length >= 6 && head.readUInt32LE(2) <= sizeBytes;
    case 'avif':
    case 'heif':
      return boxesEnd(head) <= sizeBytes;
    default:
      return true;
  }
}

/** The end of the last box that starts in the head. */
function boxesEnd(head: Buffer): number {
  let offset = 0;
  while (offset + 16 <= head.length) {
    const size = head.readUInt32BE(offset);
    const bytes = size === 1 ? Number(head.readBigUInt64BE(offset + 8)) : size;
    if (bytes < 8) return offset;
    offset += bytes;
  }
  return offset;
}
