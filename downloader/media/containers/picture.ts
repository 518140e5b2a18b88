/** Reads the size of a picture, and whether it is whole. */
import { JobFailure } from '../../job-failure.ts';
import { parsePicture } from '../parsers.ts';
import type { OrderedReader } from '../reader.ts';
import { readJpegSize } from './jpeg-size.ts';
import { readTiffSize } from './tiff-size.ts';

/** How much of the front is read: all formats but JPEG and TIFF give their size there. */
const HEAD_BYTES = 64 * 1024;

/** Dimensions in pixels. Throws `media_unreadable` without them, `media_truncated` when the end of the format is missing. */
export async function readPicture(
  reader: OrderedReader,
  container: string,
): Promise<{ width: number; height: number }> {
  const head = Buffer.from(await reader.read(0, HEAD_BYTES));
  const size = await readOwnSize(reader, container);
  const tail = Buffer.from(await reader.tail());
  if (!isWhole(container, head, tail, await reader.sizeBytes())) throw new JobFailure('media_truncated');
  if (size === 'in the head') return parsePicture(head);
  if (!size?.width || !size.height) throw new JobFailure('media_unreadable');
  return size;
}

function readOwnSize(reader: OrderedReader, container: string) {
  if (container === 'jpeg') return readJpegSize(reader);
  return container === 'tiff' ? readTiffSize(reader) : Promise.resolve('in the head' as const);
}

/** By what each format has at its end. TIFF has its parts anywhere: only its header is looked at. */
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

/** Where the last box ends that starts in the head. */
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
