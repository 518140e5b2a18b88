/** Reads the boxes of MP4, MOV and related formats in order: keeps the ones that describe the media and skips the media. */
import { freeMemory } from '../../free-memory.ts';
import { JobFailure } from '../../job-failure.ts';
import { setImmediate } from 'node:timers/promises';
import { HOLD_AT_ONCE, type HoldHeader } from '../header-memory.ts';
import type { OrderedReader } from '../reader.ts';
import { passFragment, type FragmentTimes } from './iso-fragment.ts';
import { readSegmentIndex, type SegmentIndex } from './iso-index.ts';
import { readMovie, type Movie } from './iso-movie.ts';

/** Largest box that is read, in bytes: the `moov` of twelve hours of video at 60 frames a second has about 40 MiB. */
const MAX_BOX_BYTES = 48 * 1024 * 1024;
/** A larger box, in bytes, waits until other checks leave room for it. An hour of video has a movie box of about 4 MiB. */
const LARGE_BOX_BYTES = 4 * 1024 * 1024;
/** Largest segment index that is read, in bytes: the format allows 65,535 references of 12 bytes. */
const MAX_INDEX_BYTES = 1024 * 1024;
/** Largest `ftyp` that is kept, in bytes; a larger one is replaced. */
const MAX_FILE_TYPE_BYTES = 4096;
/** Maximum number of top-level boxes: twelve hours of fragments of half a second have 172,800. */
const MAX_BOXES = 500_000;

/** Where boxes are read from, and how there is memory for them. */
interface Boxes {
  reader: OrderedReader;
  holdHeader: HoldHeader;
}

interface TopBox {
  type: string;
  start: number;
  headerBytes: number;
  /** Infinity when the box reaches to the end of the file. */
  end: number;
}

/** What the first box of each kind says, and all fragments. */
interface Walk {
  fileType: Uint8Array | null;
  movie: Movie | null;
  fragments: FragmentTimes;
  hasFragments: boolean;
  index: SegmentIndex | null;
  hasMedia: boolean;
}

export interface IsoFile {
  /** `ftyp` and `moov` without samples, for the reader of tracks. */
  header: Uint8Array;
  /** Where each track with samples ends, in seconds, by its id. */
  ends: ReadonlyMap<number, number>;
  /** Samples of each of them that were counted, and how long they are. */
  samples: ReadonlyMap<number, { count: number; bytes: number; seconds: number }>;
  /** The duration that the header of a fragmented file states, in seconds, else null. */
  promisedSeconds: number | null;
}

/**
 * Throws `media_truncated` when a box, a sample or an indexed segment lies beyond the end, `media_unreadable` when there is
 * no movie box.
 */
export async function readIsoBmff(reader: OrderedReader, holdHeader = HOLD_AT_ONCE): Promise<IsoFile> {
  const walk: Walk = { ...EMPTY_WALK, fragments: new Map() };
  const end = await walkBoxes({ reader, holdHeader }, walk);
  const { movie, index } = walk;
  if (!movie) {
    if (end <= (await reader.sizeBytes()) && !walk.hasMedia)
      throw new JobFailure('media_unreadable', 'no moov box');
    throw new JobFailure('media_truncated', 'no moov box');
  }
  if (Math.max(end, index?.end ?? 0, movie.endOffset) > (await reader.sizeBytes())) {
    throw new JobFailure('media_truncated');
  }
  return {
    header: Buffer.concat([walk.fileType ?? FILE_TYPE, movie.header]),
    ends: endsOf(movie, walk.fragments),
    samples: samplesOf(movie, walk.fragments),
    promisedSeconds: walk.hasFragments ? movie.promisedSeconds : null,
  };
}

/** Boxes before the movie: `ftyp`, `free`, `mdat` and few others. */
const MAX_BOXES_BEFORE = 100;

/**
 * The movie box alone, wherever it is, and the segment index behind it, without a check of the rest. Throws
 * `media_unreadable` when there is no movie box.
 */
export async function readIsoHead(reader: OrderedReader, holdHeader = HOLD_AT_ONCE): Promise<IsoFile> {
  const walk: Walk = { ...EMPTY_WALK, fragments: new Map() };
  let offset = 0;
  for (let count = 0; count < MAX_BOXES_BEFORE && !walk.hasFragments; count += 1) {
    const box = await readBox(reader, offset);
    if (!box) break;
    if (box.type !== 'moof') await keep({ reader, holdHeader }, walk, box);
    walk.hasFragments = box.type === 'moof';
    const isWhole = walk.movie?.tracks.some(({ endTicks }) => endTicks !== null);
    if (isWhole || walk.index || box.end === Infinity) break;
    offset = box.end;
  }
  const { movie, index } = walk;
  if (!movie) throw new JobFailure('media_unreadable', 'no moov box');
  return {
    header: Buffer.concat([walk.fileType ?? FILE_TYPE, movie.header]),
    ends: endsOf(movie, walk.fragments),
    samples: samplesOf(movie, walk.fragments),
    promisedSeconds: movie.promisedSeconds ?? index?.seconds ?? null,
  };
}

const EMPTY_WALK = { fileType: null, movie: null, hasFragments: false, index: null, hasMedia: false };

function endsOf({ tracks }: Movie, fragments: FragmentTimes): Map<number, number> {
  const ends = new Map<number, number>();
  for (const { id, timescale, startTicks, endTicks } of tracks) {
    const end = Math.max(endTicks ?? -Infinity, fragments.get(id)?.endTicks ?? -Infinity);
    if (end > -Infinity && timescale > 0) ends.set(id, (end - startTicks) / timescale);
  }
  return ends;
}

/** Of the tables, or of the fragments that were read: with an index, most of them are skipped. */
function samplesOf({ tracks }: Movie, fragments: FragmentTimes): IsoFile['samples'] {
  const sums = tracks.flatMap(({ id, timescale, startTicks, endTicks, samples, bytes }) => {
    if (endTicks !== null && timescale > 0)
      return [[id, { count: samples, bytes, seconds: (endTicks - startTicks) / timescale }] as const];
    const read = fragments.get(id);
    if (!read || timescale === 0) return [];
    return [[id, { count: read.samples, bytes: read.bytes, seconds: read.sampleTicks / timescale }] as const];
  });
  return new Map(sums);
}

/** Returns the end of the last box. Invalid data after a complete movie is padding. */
async function walkBoxes(boxes: Boxes, walk: Walk): Promise<number> {
  const { reader } = boxes;
  let offset = 0;
  for (let count = 0; count < MAX_BOXES; count += 1) {
    if (count % 1000 === 999) await setImmediate();
    const box = await readBox(reader, offset);
    if (!box) return offset;
    await keep(boxes, walk, box);
    if (box.end === Infinity) return box.start + box.headerBytes;
    offset = nextOffset(reader, walk, box);
  }
  throw new JobFailure('media_unreadable', 'too many boxes');
}

async function readBox(reader: OrderedReader, start: number): Promise<TopBox | null> {
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

async function keep(boxes: Boxes, walk: Walk, box: TopBox): Promise<void> {
  const bytes = box.end - box.start;
  switch (box.type) {
    case 'ftyp':
      if (bytes <= MAX_FILE_TYPE_BYTES)
        walk.fileType ??= await withBox(boxes, box, (whole) => Promise.resolve(whole));
      return;
    case 'moov':
      walk.movie ??= await withBox(boxes, box, readMovie);
      return;
    case 'sidx':
      if (walk.index || bytes > MAX_INDEX_BYTES) return;
      walk.index = await withBox(boxes, box, (whole) => Promise.resolve(readSegmentIndex(whole, box.end)));
      return;
    case 'moof':
      walk.hasFragments = true;
      // Fragments follow their movie.
      if (walk.movie) {
        const { movie, fragments } = walk;
        await withBox(boxes, box, (whole) => passFragment(whole, movie, fragments));
      }
      return;
    case 'mdat':
      walk.hasMedia = true;
  }
}

/** Reads the whole box. `use` keeps nothing of a large one. */
async function withBox<T>(
  { reader, holdHeader }: Boxes,
  box: TopBox,
  use: (whole: Buffer) => Promise<T>,
): Promise<T> {
  const bytes = box.end - box.start;
  if (bytes > MAX_BOX_BYTES) throw new JobFailure('media_unreadable', 'its headers are too large');
  if (bytes <= LARGE_BOX_BYTES) return use(await readWhole(reader, box));
  return holdHeader(bytes, async () => {
    const whole = await readWhole(reader, box);
    try {
      return await use(whole);
    } finally {
      freeMemory(whole);
    }
  });
}

async function readWhole(reader: OrderedReader, { start, end }: TopBox): Promise<Buffer> {
  const read = await reader.read(start, end - start);
  if (read.length < end - start) throw new JobFailure('media_truncated');
  return Buffer.from(read.buffer, read.byteOffset, read.length);
}

/** With an index, a seekable file needs no walk through its middle. */
function nextOffset(reader: OrderedReader, walk: Walk, box: TopBox): number {
  const { index } = walk;
  if (box.type !== 'sidx' || !reader.seekable || !walk.movie || !index) return box.end;
  return Math.max(box.end, index.lastSegmentsStart);
}

/** For files without a usable `ftyp`. */
const FILE_TYPE = Buffer.from('\0\0\0\x10ftypisom\0\0\0\0', 'latin1');
