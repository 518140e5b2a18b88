/** Makes valid WAV files of any size without a tool. */
import { createCipheriv } from 'node:crypto';

const HEADER_BYTES = 44;
/** 16-bit stereo at 48 kHz. */
const BYTES_A_SECOND = 48_000 * 4;

/** Returns the header of a WAV file with a total length of `sizeBytes`. */
export function wavHeader(sizeBytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0);
  header.writeUInt32LE(sizeBytes - 8, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(BYTES_A_SECOND, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(sizeBytes - HEADER_BYTES, 40);
  return header;
}

/** Returns a whole file. `sizeBytes` is rounded down to whole samples. The bytes depend only on the size and do not repeat. */
export function makeWav(sizeBytes: number): Buffer {
  const size = sizeBytes - ((sizeBytes - HEADER_BYTES) % 4);
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  return Buffer.concat([wavHeader(size), noise.update(Buffer.alloc(size - HEADER_BYTES))]);
}
