/** Tags around the audio of a file: ID3v2 in front, ID3v1 and APE behind. */
import type { OrderedReader } from '../reader.ts';

/** Tags in front of the audio: one is usual, some editors add another. */
const MAX_TAGS = 100;

/** The offset of the audio: after all ID3v2 tags. */
export async function skipId3(reader: OrderedReader): Promise<number> {
  let offset = 0;
  for (let count = 0; count < MAX_TAGS; count += 1) {
    const head = Buffer.from(await reader.read(offset, 10));
    if (head.length < 10 || head.toString('latin1', 0, 3) !== 'ID3') return offset;
    const size = head.subarray(6).reduce((value, byte) => value * 128 + (byte & 127), 0);
    const footerBytes = (head[5] ?? 0) & 0x10 ? 10 : 0;
    offset += 10 + size + footerBytes;
  }
  return offset;
}

/** The offset of the end of the audio: before the tags at the end of the file. */
export async function endBeforeTags(reader: OrderedReader): Promise<number> {
  const size = await reader.sizeBytes();
  const tail = Buffer.from(await reader.tail());
  let end = tail.length;
  if (tail.toString('latin1', end - 128, end - 125) === 'TAG') end -= 128;
  if (end >= 32 && tail.toString('latin1', end - 32, end - 24) === 'APETAGEX') {
    const hasHeader = tail.readUInt32LE(end - 12) >= 0x8000_0000;
    end = Math.max(0, end - tail.readUInt32LE(end - 20) - (hasHeader ? 32 : 0));
  }
  return size - tail.length + end;
}
