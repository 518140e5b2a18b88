/** Reads FLAC (RFC 9639): compares the sample count of the header with the last frame. */
import { JobFailure } from '../../job-failure.ts';
import type { OrderedReader } from '../reader.ts';
import { endBeforeTags, skipId3 } from './audio-tags.ts';
import type { AudioFile } from './mpeg-audio.ts';

/** Frame headers that are tried from the end: compressed audio has about one false header in 8 MiB. */
const MAX_HEADERS = 16;

/** Throws `media_truncated` when the file does not end in a whole frame, or before the samples that its header counts. */
export async function readFlac(reader: OrderedReader): Promise<AudioFile> {
  const start = await skipId3(reader);
  const head = Buffer.from(await reader.read(start, 42));
  if (head.length < 42 || head.toString('latin1', 0, 4) !== 'fLaC') throw new JobFailure('media_unreadable');
  const rateAndDepth = head.readUIntBE(18, 4);
  const sampleRate = rateAndDepth >>> 12;
  const samples = (rateAndDepth & 15) * 2 ** 32 + head.readUInt32BE(22);
  const blockSamples = head.readUInt16BE(8);
  if (sampleRate === 0) throw new JobFailure('media_unreadable');
  const end = await endBeforeTags(reader);
  const tail = await reader.tail();
  const tailStart = (await reader.sizeBytes()) - tail.length;
  const last = lastFrameEnd(tail.subarray(0, end - tailStart), blockSamples);
  if (last === null || last < samples) throw new JobFailure('media_truncated');
  return { codec: 'flac', durationSeconds: (samples || last) / sampleRate };
}

/** The number of the sample after the frame that ends exactly at the end of the bytes; null when none does. */
function lastFrameEnd(bytes: Uint8Array, blockSamples: number): number | null {
  let headers = 0;
  for (let at = bytes.length - 8; at >= 0 && headers < MAX_HEADERS; at -= 1) {
    if (bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xfe) !== 0xf8) continue;
    const frame = bytes.subarray(at);
    const header = readHeader(frame, blockSamples);
    if (header !== null) headers += 1;
    if (header !== null && crc16(frame) === 0) return header;
  }
  return null;
}

/** The number of the sample after a frame, by its header; null when the header's sum is wrong. */
function readHeader(frame: Uint8Array, blockSamples: number): number | null {
  const number = codedNumber(frame);
  if (!number) return null;
  const sizeCode = (frame[2] ?? 0) >> 4;
  const rateCode = (frame[2] ?? 0) & 15;
  const at = 4 + number.bytes;
  const sizeBytes = sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0;
  const headerBytes = at + sizeBytes + (rateCode === 12 ? 1 : rateCode === 13 || rateCode === 14 ? 2 : 0);
  if (crc8(frame.subarray(0, headerBytes)) !== frame[headerBytes]) return null;
  const written = sizeBytes === 1 ? (frame[at] ?? 0) : (frame[at] ?? 0) * 256 + (frame[at + 1] ?? 0);
  const samples = sizeBytes ? written + 1 : blockSize(sizeCode);
  const byFrames = ((frame[1] ?? 0) & 1) === 0;
  return byFrames ? number.value * blockSamples + samples : number.value + samples;
}

function blockSize(sizeCode: number): number {
  if (sizeCode === 1) return 192;
  return sizeCode < 6 ? 576 * 2 ** (sizeCode - 2) : 256 * 2 ** (sizeCode - 8);
}

/** The frame or sample number, coded like UTF-8 with up to 7 bytes. */
function codedNumber(frame: Uint8Array): { value: number; bytes: number } | null {
  const first = frame[4] ?? 0;
  const ones = Math.clz32(~(first << 24));
  if (ones === 1 || ones > 7) return null;
  if (ones === 0) return { value: first, bytes: 1 };
  const rest = frame.subarray(5, 4 + ones);
  const value = rest.reduce((sum, byte) => sum * 64 + (byte & 63), first & (0x7f >> ones));
  return { value, bytes: ones };
}

function crc8(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => CRC8[sum ^ byte] ?? 0, 0);
}

function crc16(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => ((sum << 8) & 0xff00) ^ (CRC16[(sum >> 8) ^ byte] ?? 0), 0);
}

/** Remainders of every byte for the polynomials of RFC 9639. */
function crcTable(width: 8 | 16, polynomial: number): Uint16Array {
  const top = 1 << (width - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let sum = byte << (width - 8);
    for (let bit = 0; bit < 8; bit += 1) sum = sum & top ? (sum << 1) ^ polynomial : sum << 1;
    return sum & (2 ** width - 1);
  });
}

const CRC8 = crcTable(8, 0x07);
const CRC16 = crcTable(16, 0x8005);
