/**
 * Reads the boxes of MP4, MOV and related formats in order. It keeps the boxes that describe the media and skips the
 * media. The reader of tracks then gets a sparse file: the kept boxes, and zeros in place of the media.
 */
import { JobFailure } from '../../job-failure.ts';
import { setImmediate } from 'node:timers/promises';
import type { SparseFile, Piece } from '../sparse-file.ts';
import type { OrderedReader } from '../reader.ts';
import { promisedDuration, readSegmentIndex, type SegmentIndex } from './iso-index.ts';

/** Bytes that are kept of one file: the `moov` of twelve hours of video at 60 frames a second has about 40 MiB. */
const MAX_KEPT_BYTES = 48 * 1024 * 1024;
/** Largest segment index that is read, in bytes: the format allows 65,535 references of 12 bytes. */
const MAX_INDEX_BYTES = 1024 * 1024;
/** Largest `ftyp` that is kept, in bytes; a larger one is replaced. */
const MAX_FILE_TYPE_BYTES = 4096;
/** Maximum number of top-level boxes: twelve hours of fragments of half a second have 172,800. */
const MAX_BOXES = 500_000;
/** Number of fragments that are kept from the end: the last packet of each track is in one of them. */
const KEPT_FRAGMENTS = 8;

interface Box {
  type: string;
  start: number;
  headerBytes: number;
  /** Infinity when the box reaches to the end of the file. */
  end: number;
}

/** What is kept: the first box of each kind, and the last fragments. */
interface Walk {
  fileType: Uint8Array | null;
  movie: Uint8Array | null;
  fragments: Fragment[];
  index: SegmentIndex | null;
  hasMedia: boolean;
}

interface Fragment {
  moof: Uint8Array;
  /** Bytes of the media boxes that follow. */
  mediaBytes: number;
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
  const walk: Walk = { fileType: null, movie: null, fragments: [], index: null, hasMedia: false };
  const end = await walkBoxes(reader, walk);
  const sizeBytes = await reader.sizeBytes();
  if (end > sizeBytes || (walk.index?.end ?? 0) > sizeBytes) throw new JobFailure('media_truncated');
  if (!walk.movie)
    throw new JobFailure(walk.hasMedia ? 'media_truncated' : 'media_unreadable', 'no moov box');
  const parts = layOut(walk.fileType ?? FILE_TYPE, walk.movie);
  if (walk.fragments.length === 0) {
    const sparse = { pieces: parts.withMediaUpTo(sizeBytes), sizeBytes };
    return { sparse, fragmented: false, promisedSeconds: null };
  }
  const sparse = parts.withFragments(walk.fragments);
  return { sparse, fragmented: true, promisedSeconds: promisedDuration(walk.movie) };
}

/** Returns the end of the last box. Invalid data after a complete movie is padding. */
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
  const bytes = box.end - box.start;
  switch (box.type) {
    case 'ftyp':
      if (bytes <= MAX_FILE_TYPE_BYTES) walk.fileType ??= await readWhole(reader, walk, box);
      return;
    case 'moov':
      walk.movie ??= await readWhole(reader, walk, box);
      return;
    case 'sidx':
      if (walk.index || bytes > MAX_INDEX_BYTES) return;
      walk.index = readSegmentIndex(await readWhole(reader, walk, box), box.end);
      return;
    case 'moof':
      if (walk.fragments.length === KEPT_FRAGMENTS) walk.fragments.shift();
      walk.fragments.push({ moof: await readWhole(reader, walk, box), mediaBytes: 0 });
      return;
    case 'mdat':
      passMedia(walk, box);
  }
}

function passMedia(walk: Walk, box: Box): void {
  walk.hasMedia = true;
  const fragment = walk.fragments.at(-1);
  if (fragment && box.end !== Infinity) fragment.mediaBytes += box.end - box.start;
}

async function readWhole(reader: OrderedReader, walk: Walk, box: Box): Promise<Uint8Array> {
  const bytes = box.end - box.start;
  const keptBytes =
    (walk.movie?.length ?? 0) + walk.fragments.reduce((sum, { moof }) => sum + moof.length, 0);
  if (keptBytes + bytes > MAX_KEPT_BYTES)
    throw new JobFailure('media_unreadable', 'its headers are too large');
  const read = await reader.read(box.start, bytes);
  if (read.length < bytes) throw new JobFailure('media_truncated');
  return read;
}

/** With an index, a seekable file needs no walk through its middle. */
function nextOffset(reader: OrderedReader, walk: Walk, box: Box): number {
  const { index } = walk;
  if (box.type !== 'sidx' || !reader.seekable || !walk.movie || !index) return box.end;
  return Math.max(box.end, index.lastSegmentsStart);
}

/** Lays out a file of these boxes and of media, which the sparse file omits. */
function layOut(fileType: Uint8Array, movie: Uint8Array) {
  const pieces: Piece[] = [];
  let offset = 0;
  const add = (bytes: Uint8Array, lengthBytes: number): void => {
    pieces.push({ start: offset, bytes });
    offset += lengthBytes;
  };
  add(fileType, fileType.length);
  add(movie, movie.length);
  const addMedia = (bytes: number): void => add(mediaHeader(bytes), Math.max(16, bytes));
  return {
    /** As long as the original file, since the movie box holds offsets of samples in it. */
    withMediaUpTo: (sizeBytes: number): Piece[] => {
      if (sizeBytes - offset >= 16) addMedia(sizeBytes - offset);
      return pieces;
    },
    withFragments: (fragments: readonly Fragment[]): SparseFile => {
      for (const { moof, mediaBytes } of fragments) {
        add(moof, moof.length);
        if (mediaBytes > 0) addMedia(mediaBytes);
      }
      return { pieces, sizeBytes: offset };
    },
  };
}

/** For files without a usable `ftyp`. */
const FILE_TYPE = Buffer.from('\0\0\0\x10ftypisom\0\0\0\0', 'latin1');

function mediaHeader(mediaBytes: number): Uint8Array {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(1, 0);
  header.write('mdat', 4, 'latin1');
  header.writeBigUInt64BE(BigInt(Math.max(16, mediaBytes)), 8);
  return header;
}
