/** Reads Ogg (RFC 3533): the codecs from the first pages, the time from the last. */
import { JobFailure } from '../../job-failure.ts';
import { TAIL_BYTES, type OrderedReader } from '../reader.ts';
import type { AudioFile } from './mpeg-audio.ts';

interface Page {
  start: number;
  end: number;
  serial: number;
  isFirst: boolean;
  /** Null when no packet ends in the page. */
  granule: number | null;
  dataStart: number;
}

interface Stream {
  codec: string;
  sampleRate: number;
  preSkip: number;
}

/** Throws `media_truncated` when the last page is incomplete. For chained streams, the last one gives the duration. */
export async function readOgg(reader: OrderedReader): Promise<AudioFile> {
  const streams = readStreams(Buffer.from(await reader.read(0, TAIL_BYTES)));
  const tail = Buffer.from(await reader.tail());
  const pages = pagesOf(tail, tail.indexOf('OggS'));
  const last = pages.at(-1);
  if (streams.size === 0 || !last) throw new JobFailure('media_unreadable');
  // After the last page there may be a cut page, or a tag.
  if (last.end > tail.length || tail.toString('latin1', last.end, last.end + 3) === 'Ogg') {
    throw new JobFailure('media_truncated');
  }
  const [first] = streams.values();
  const spans = pages.map((page) => {
    const stream = streams.get(page.serial) ?? first;
    return stream ? ((page.granule ?? 0) - stream.preSkip) / stream.sampleRate : 0;
  });
  return { codec: first?.codec ?? 'unknown', durationSeconds: Math.max(...spans) };
}

function readStreams(head: Buffer): Map<number, Stream> {
  const streams = new Map<number, Stream>();
  for (const page of pagesOf(head, 0)) {
    if (!page.isFirst) break;
    const stream = readStream(head.subarray(page.dataStart, page.end));
    if (stream) streams.set(page.serial, stream);
  }
  return streams;
}

/** Pages that follow each other; the last one may reach beyond the bytes. */
function pagesOf(bytes: Buffer, from: number): Page[] {
  const pages: Page[] = [];
  let at = from;
  while (at >= 0 && at + 27 <= bytes.length) {
    const page = readPage(bytes, at);
    if (page) pages.push(page);
    at = page ? page.end : bytes.indexOf('OggS', at + 1);
  }
  return pages;
}

function readPage(bytes: Buffer, start: number): Page | null {
  if (bytes.toString('latin1', start, start + 4) !== 'OggS' || bytes[start + 4] !== 0) return null;
  const segments = bytes[start + 26] ?? 0;
  const table = bytes.subarray(start + 27, start + 27 + segments);
  const granule = bytes.readBigInt64LE(start + 6);
  const dataStart = start + 27 + segments;
  const dataBytes = table.reduce((sum, lacing) => sum + lacing, 0);
  return {
    start,
    dataStart,
    end: table.length < segments ? Infinity : dataStart + dataBytes,
    serial: bytes.readUInt32LE(start + 14),
    isFirst: ((bytes[start + 5] ?? 0) & 2) !== 0,
    granule: granule < 0n ? null : Number(granule),
  };
}

function readStream(packet: Buffer): Stream | null {
  if (packet.length < 19) return null;
  if (packet.toString('latin1', 0, 8) === 'OpusHead') {
    return { codec: 'opus', sampleRate: 48_000, preSkip: packet.readUInt16LE(10) };
  }
  if (packet.toString('latin1', 0, 7) === '\x01vorbis') return known('vorbis', packet.readUInt32LE(12));
  if (packet.toString('latin1', 0, 5) === '\x7fFLAC' && packet.length >= 31) {
    return known('flac', packet.readUIntBE(27, 3) >>> 4);
  }
  if (packet.toString('latin1', 0, 8) === 'Speex   ' && packet.length >= 40) {
    return known('speex', packet.readUInt32LE(36));
  }
  return null;
}

function known(codec: string, sampleRate: number): Stream | null {
  return sampleRate > 0 ? { codec, sampleRate, preSkip: 0 } : null;
}
