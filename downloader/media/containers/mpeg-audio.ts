/** Reads MP3 (and MP2, MP1) and ADTS AAC by their frames. */
import { JobFailure } from '../../job-failure.ts';
import type { OrderedReader } from '../reader.ts';
import { adtsFrame, mpegFrame, type Frame } from './audio-frames.ts';
import { endBeforeTags, skipId3 } from './audio-tags.ts';

export interface AudioFile {
  codec: string;
  durationSeconds: number;
}

/** Bytes that are searched for the first frame, since some encoders add padding. */
const SEARCH_BYTES = 256 * 1024;

/**
 * Duration from the Xing or VBRI header, else from the bit rate. Throws `media_truncated` when that header counts more
 * bytes than the file has.
 */
export async function readMp3(reader: OrderedReader): Promise<AudioFile> {
  const start = await skipId3(reader);
  const head = await reader.read(start, SEARCH_BYTES);
  const at = findChain(head, mpegFrame, 3);
  const frame = at === null ? null : mpegFrame(head, at);
  if (at === null || !frame) throw new JobFailure('media_unreadable');
  const audioBytes = (await endBeforeTags(reader)) - start - at;
  const count = readCount(Buffer.from(head.subarray(at, at + frame.bytes)));
  const codec = frame.layer === 3 ? 'mp3' : `mp${frame.layer}`;
  if (count?.frames) {
    // Some encoders write one frame less than they count.
    if (count.bytes > audioBytes + frame.bytes) throw new JobFailure('media_truncated');
    return { codec, durationSeconds: (count.frames * frame.samples) / frame.sampleRate };
  }
  return { codec, durationSeconds: (audioBytes * 8) / frame.bitRate };
}

/** What a Xing/Info or VBRI header in the first frame counts. */
function readCount(frame: Buffer): { frames: number; bytes: number } | null {
  const xing = [36, 21, 13].find((at) => /^(?:Xing|Info)$/.test(frame.toString('latin1', at, at + 4)));
  if (xing !== undefined && frame.length >= xing + 16) {
    const flags = frame.readUInt32BE(xing + 4);
    const bytesAt = xing + 8 + (flags & 1 ? 4 : 0);
    return {
      frames: flags & 1 ? frame.readUInt32BE(xing + 8) : 0,
      bytes: flags & 2 ? frame.readUInt32BE(bytesAt) : 0,
    };
  }
  if (frame.toString('latin1', 36, 40) !== 'VBRI' || frame.length < 54) return null;
  return { bytes: frame.readUInt32BE(46), frames: frame.readUInt32BE(50) };
}

/**
 * ADTS has no header for the whole file. The duration is exact up to 1 MiB, and beyond that estimated from the mean
 * frame. Throws `media_truncated` when no chain of frames reaches the end.
 */
export async function readAdts(reader: OrderedReader): Promise<AudioFile> {
  const start = await skipId3(reader);
  const head = await reader.read(start, 4 * SEARCH_BYTES);
  const at = findChain(head, adtsFrame, 2);
  if (at === null) throw new JobFailure('media_unreadable');
  const walked = walkFrames(head, at);
  const end = await endBeforeTags(reader);
  const tail = await reader.tail();
  const tailStart = (await reader.sizeBytes()) - tail.length;
  const inTail = tail.subarray(0, end - tailStart);
  if (!endsInChain(inTail, Math.max(0, start + at - tailStart))) throw new JobFailure('media_truncated');
  const seconds = (walked.frames * 1024) / walked.sampleRate;
  return { codec: 'aac', durationSeconds: (seconds * (end - start - at)) / walked.bytes };
}

function walkFrames(head: Uint8Array, at: number): { frames: number; bytes: number; sampleRate: number } {
  let offset = at;
  let frames = 0;
  let sampleRate = 44_100;
  for (let frame = adtsFrame(head, offset); frame; frame = adtsFrame(head, offset)) {
    if (offset + frame.bytes > head.length) break;
    sampleRate = frame.sampleRate;
    frames += frame.samples / 1024;
    offset += frame.bytes;
  }
  return { frames, bytes: Math.max(1, offset - at), sampleRate };
}

type ParseFrame = (bytes: Uint8Array, at: number) => Frame | null;

/** The first offset with `count` consecutive frames, or with as many as the bytes hold; else null. */
function findChain(bytes: Uint8Array, parse: ParseFrame, count: number): number | null {
  for (let at = 0; at + 7 <= bytes.length; at += 1) {
    if (bytes[at] === 0xff && isChain(bytes, at, parse, count)) return at;
  }
  return null;
}

function isChain(bytes: Uint8Array, at: number, parse: ParseFrame, count: number): boolean {
  let offset = at;
  for (let seen = 0; seen < count; seen += 1) {
    const frame = parse(bytes, offset);
    if (!frame) return seen > 0 && offset === bytes.length;
    offset += frame.bytes;
  }
  return true;
}

/** True when frames that follow each other, three or all from `from` on, end exactly where the bytes end. */
function endsInChain(bytes: Uint8Array, from: number): boolean {
  const starts = new Map<number, number>();
  for (let at = from; at + 7 <= bytes.length; at += 1) {
    const frame = bytes[at] === 0xff ? adtsFrame(bytes, at) : null;
    if (!frame) continue;
    const chain = (starts.get(at) ?? (at === from ? 2 : 0)) + 1;
    const end = at + frame.bytes;
    if (end === bytes.length && chain >= 3) return true;
    starts.set(end, Math.max(chain, starts.get(end) ?? 0));
  }
  return false;
}
