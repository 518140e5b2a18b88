/** Reads WAV, RF64 and BW64 by their chunks. */
import { JobFailure } from '../../job-failure.ts';
import type { OrderedReader } from '../reader.ts';
import type { AudioFile } from './mpeg-audio.ts';

/** Maximum number of chunks before the data: broadcast files have about ten. */
const MAX_CHUNKS = 1000;

const CODECS: Readonly<Record<number, string>> = {
  6: 'alaw',
  7: 'ulaw',
  0x55: 'mp3',
  0x11: 'adpcm-ima',
  2: 'adpcm-ms',
};

interface Format {
  codec: string;
  bytesPerSecond: number;
}

/** Throws `media_truncated` when the data chunk is longer than the file, `media_unreadable` without format or data. */
export async function readWav(reader: OrderedReader): Promise<AudioFile> {
  let offset = 12;
  let format: Format | null = null;
  let wideBytes: number | null = null;
  for (let count = 0; count < MAX_CHUNKS; count += 1) {
    const head = Buffer.from(await reader.read(offset, 48));
    if (head.length < 8) break;
    const id = head.toString('latin1', 0, 4);
    const size = head.readUInt32LE(4);
    if (id === 'data') return measure(reader, offset + 8, wideBytes ?? size, format);
    if (id === 'fmt ' && head.length >= 24) format = readFormat(head);
    if (id === 'ds64' && head.length >= 24) wideBytes = Number(head.readBigUInt64LE(16));
    offset += 8 + size + (size % 2);
  }
  throw new JobFailure(format ? 'media_truncated' : 'media_unreadable');
}

/** A data chunk of unknown size (0 or all ones, as streaming writers leave it) reaches to the end. */
async function measure(
  reader: OrderedReader,
  start: number,
  bytes: number,
  format: Format | null,
): Promise<AudioFile> {
  const available = (await reader.sizeBytes()) - start;
  const known = bytes !== 0 && bytes !== 0xffff_ffff;
  if (known && bytes > available) throw new JobFailure('media_truncated');
  if (!format?.bytesPerSecond) throw new JobFailure('media_unreadable');
  return { codec: format.codec, durationSeconds: (known ? bytes : available) / format.bytesPerSecond };
}

function readFormat(chunk: Buffer): Format {
  const tag = chunk.readUInt16LE(8);
  const bits = chunk.readUInt16LE(22);
  const sub = tag === 0xfffe && chunk.length >= 34 ? chunk.readUInt16LE(32) : tag;
  const codec = sub === 1 ? `pcm-s${bits}` : sub === 3 ? `pcm-f${bits}` : CODECS[sub];
  return { codec: codec ?? `wav-${sub}`, bytesPerSecond: chunk.readUInt32LE(16) };
}
