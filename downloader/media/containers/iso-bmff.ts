/**
 * Reads the boxes of MP4, MOV and their kin in order, keeping what describes the media and passing over the media
 * itself. What is kept becomes a sparse file, with zeros where samples were, for the reader of tracks.
 */
import { JobFailure } from '../../job-failure.ts';
import { setImmediate } from 'node:timers/promises';
import type { SparseFile, Piece } from '../sparse-file.ts';
import type { OrderedReader } from '../reader.ts';
import { promisedDuration, readSegmentIndex, type SegmentIndex } from './iso-index.ts';

/** Largest `moov` or `moof` that is read, in bytes: twelve hours of video at 60 frames a second need about 40 MiB. */
const MAX_KEPT_BOX_BYTES = 128 * 1024 * 1024;
/** Most boxes at the top of a file: twelve hours of fragments of half a second are 172,800. */
const MAX_BOXES = 500_000;
/** How many of the last fragments are kept: each track's last packet is in one of them. */
const KEPT_FRAGMENTS = 8;

interface Box {
  type: string;
  start: number;
  headerBytes: number;
  /** Infinity when the box reaches to the end of the file. */
  end: number;
}

interface Walk {
  /** Headers at their offsets, and whole boxes that describe. */
  pieces: Piece[];
  movie: Uint8Array | null;
  fragments: { moof: Uint8Array; mediaBytes: number }[];
  index: SegmentIndex | null;
  hasMedia: boolean;
}

export interface IsoFile {
  sparse: SparseFile;
  fragmented: boolean;
  promisedSeconds: number | null;
}

/**
 * A sparse copy of the file for reading its tracks, and the duration that a fragmented file's header promises in
 * seconds, else null. Throws `media_truncated` when a box or an indexed segment lies beyond the end,
 * `media_unreadable` when there is no movie box.
 */
export async function readIsoBmff(reader: OrderedReader): Promise<IsoFile> {
  const walk: Walk = { pieces: [], movie: null, fragments: [], index: null, hasMedia: false };
  const end = await walkBoxes(reader, walk);
  const sizeBytes = await reader.sizeBytes();
  if (end > sizeBytes || (walk.index?.end ?? 0) > sizeBytes) throw new JobFailure('media_truncated');
  if (!walk.movie)
    throw new JobFailure(walk.hasMedia ? 'media_truncated' : 'media_unreadable', 'no moov box');
  if (walk.fragments.length === 0) {
    return { sparse: { pieces: walk.pieces, sizeBytes }, fragmented: false, promisedSeconds: null };
  }
  const sparse = joinFragments(walk.movie, walk.fragments);
  return { sparse, fragmented: true, promisedSeconds: promisedDuration(walk.movie) };
}

/** Returns where the last box ends. What follows the boxes of a whole movie and is none is padding. */
async function walkBoxes(reader: OrderedReader, walk: Walk): Promise<number> {
  let offset = 0;
  for (let count = 0; count < MAX_BOXES; count += 1) {
    if (count % 1000 === 999) await setImmediate();
    const box = await readBox(reader, offset);
    if (!box) return offset;
    await keep(reader, walk, box);
    if (box.end === Infinity) return box.start + box.headerBytes;
    offset = nextOffset(reader, walk, box);
  }
  throw new JobFailure('media_unreadable', 'too many boxes');
}

async function readBox(reader: OrderedReader, start: number): Promise<Box | null> {
  const head = Buffer.from(await reader.read(start, 16));
  const type = head.toString('latin1', 4, 8);
  if (head.length < 8 || !/^[\x20-\x7e\xa9]{4}$/.test(type)) return null;
  const size = head.readUInt32BE(0);
  if (size === 0) return { type, start, headerBytes: 8, end: Infinity };
  if (size === 1 && head.length < 16) return null;
  const headerBytes = size === 1 ? 16 : 8;
  const bytes = size === 1 ? Number(head.readBigUInt64BE(8)) : size;
  return bytes < headerBytes ? null : { type, start, headerBytes, end: start + bytes };
}

async function keep(reader: OrderedReader, walk: Walk, box: Box): Promise<void> {
  if (box.type === 'moov' || box.type === 'moof' || box.type === 'sidx' || box.type === 'ftyp') {
    const bytes = await readWhole(reader, box);
    walk.pieces.push({ start: box.start, bytes });
    if (box.type === 'moov') walk.movie ??= bytes;
    if (box.type === 'sidx') walk.index ??= readSegmentIndex(bytes, box.end);
    if (box.type === 'moof') startFragment(walk, bytes);
    return;
  }
  walk.pieces.push({ start: box.start, bytes: await reader.read(box.start, box.headerBytes) });
  if (box.type !== 'mdat') return;
  walk.hasMedia = true;
  const fragment = walk.fragments.at(-1);
  if (fragment && box.end !== Infinity) fragment.mediaBytes += box.end - box.start;
}

async function readWhole(reader: OrderedReader, box: Box): Promise<Uint8Array> {
  const bytes = box.end - box.start;
  if (bytes > MAX_KEPT_BOX_BYTES)
    throw new JobFailure('media_unreadable', `the ${box.type} box is too large`);
  const read = await reader.read(box.start, bytes);
  if (read.length < bytes) throw new JobFailure('media_truncated');
  return read;
}

/** Fragments replace each other: the pieces of passed ones are let go. */
function startFragment(walk: Walk, moof: Uint8Array): void {
  walk.pieces = [];
  walk.fragments.push({ moof, mediaBytes: 0 });
  if (walk.fragments.length > KEPT_FRAGMENTS) walk.fragments.shift();
}

/** With an index, a file that can be read at random needs no walk through the middle. */
function nextOffset(reader: OrderedReader, walk: Walk, box: Box): number {
  const { index } = walk;
  if (box.type !== 'sidx' || !reader.seekable || !walk.movie || !index) return box.end;
  return Math.max(box.end, index.lastSegmentsStart);
}

/** The movie box and the last fragments, as if nothing had been between them. */
function joinFragments(movie: Uint8Array, fragments: Walk['fragments']): SparseFile {
  const pieces: Piece[] = [{ start: 0, bytes: FILE_TYPE }];
  let offset = FILE_TYPE.length;
  const add = (bytes: Uint8Array, lengthBytes: number): void => {
    pieces.push({ start: offset, bytes });
    offset += lengthBytes;
  };
  add(movie, movie.length);
  for (const { moof, mediaBytes } of fragments) {
    add(moof, moof.length);
    if (mediaBytes > 0) add(mediaHeader(mediaBytes), Math.max(16, mediaBytes));
  }
  return { pieces, sizeBytes: offset };
}

const FILE_TYPE = Buffer.from('\0\0\0\x10ftypisom\0\0\0\0', 'latin1');

function mediaHeader(mediaBytes: number): Uint8Array {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(1, 0);
  header.write('mdat', 4, 'latin1');
  header.writeBigUInt64BE(BigInt(Math.max(16, mediaBytes)), 8);
  return header;
}
