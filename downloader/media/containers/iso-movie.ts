/**
 * Reads the movie box of an MP4: when its tracks end, and a short copy without sample tables, from which the reader of tracks
 * learns codecs and sizes of pictures.
 */
import { JobFailure } from '../../job-failure.ts';
import { createBoxReader, firstOf, makeBox, uint32, uint64, type Box, type BoxReader } from './iso-boxes.ts';
import { readSamplesEnd, TABLES } from './iso-samples.ts';

/** Maximum number of boxes in a movie: a track has about thirty. */
const MAX_BOXES = 100_000;
/** Maximum number of tracks of each kind that are read. Films in many languages have about fifty. */
const MAX_TRACKS = 64;
/** Largest short copy, in bytes: a track takes less than 1 KiB of it. */
const MAX_HEADER_BYTES = 1024 * 1024;

export interface MovieTrack {
  id: number;
  timescale: number;
  /** Start of the presentation by the edit list, in ticks. */
  startTicks: number;
  /** End of the last sample in the tables, in ticks; null when they have none. */
  endTicks: number | null;
  /** Samples in the tables, and their bytes. */
  samples: number;
  bytes: number;
}

export interface Movie {
  /** A movie box with the same tracks, which have no samples. */
  header: Buffer;
  tracks: MovieTrack[];
  /** Offset in the file after the last sample. */
  endOffset: number;
  /** Ticks of a sample in fragments that do not give one, by the id of the track. */
  defaultTicks: ReadonlyMap<number, number>;
  /** Duration of all fragments that `mvex/mehd` states, in seconds, else null. */
  promisedSeconds: number | null;
}

/** Reads a whole `moov`. Throws `media_unreadable` when it is damaged or too large. */
export async function readMovie(moov: Buffer): Promise<Movie> {
  const boxesIn = createBoxReader(MAX_BOXES);
  const [movie] = boxesIn(moov);
  const children = [...boxesIn(movie?.content)].filter(({ type }) => ['mvhd', 'mvex', 'trak'].includes(type));
  const known = firstOf(children, ['mvhd', 'mvex']);
  const timescale = timescaleOf(known.get('mvhd'));
  const traks = children.filter(({ type }) => type === 'trak');
  const tracks: ParsedTrack[] = [];
  const counts = { vide: 0, soun: 0 };
  for (const trak of traks) {
    const track = parseTrack(trak, boxesIn, timescale);
    if (track && ++counts[track.kind] <= MAX_TRACKS) tracks.push(track);
  }
  const header = makeBox('moov', known.get('mvhd')?.whole, ...tracks.map((track) => track.header));
  if (header.length > MAX_HEADER_BYTES) throw new JobFailure('media_unreadable', 'its headers are too large');
  const fragments = readExtends([...boxesIn(known.get('mvex')?.content)], timescale);
  return { header, ...(await readEnds(tracks)), ...fragments };
}

interface ParsedTrack extends Pick<MovieTrack, 'id' | 'timescale' | 'startTicks'> {
  kind: 'vide' | 'soun';
  header: Buffer;
  tables: ReadonlyMap<string, Box>;
}

/** Null for a track that is neither video nor audio. */
function parseTrack({ content }: Box, boxesIn: BoxReader, movieTimescale: number): ParsedTrack | null {
  const inTrack = firstOf(boxesIn(content), ['tkhd', 'edts', 'mdia']);
  const inMedia = firstOf(boxesIn(inTrack.get('mdia')?.content), ['mdhd', 'hdlr', 'minf']);
  const kind = inMedia.get('hdlr')?.content.toString('latin1', 8, 12);
  if (kind !== 'vide' && kind !== 'soun') return null;
  const [stbl] = firstOf(boxesIn(inMedia.get('minf')?.content), ['stbl']).values();
  const tables = firstOf(boxesIn(stbl?.content), ['stsd', ...TABLES]);
  const [elst] = firstOf(boxesIn(inTrack.get('edts')?.content), ['elst']).values();
  const tkhd = inTrack.get('tkhd');
  const timescale = timescaleOf(inMedia.get('mdhd'));
  const { emptySeconds, startTicks } = readEdits(elst, movieTimescale);
  const samples = makeBox('minf', makeBox('stbl', tables.get('stsd')?.whole));
  const media = makeBox('mdia', inMedia.get('mdhd')?.whole, inMedia.get('hdlr')?.whole, samples);
  return {
    id: uint32(tkhd?.content, tkhd?.content[0] === 1 ? 20 : 12),
    kind,
    timescale,
    startTicks: startTicks - Math.round(emptySeconds * timescale),
    header: makeBox('trak', tkhd?.whole, media),
    tables,
  };
}

/** `mvhd` and `mdhd` have it at the same place. */
function timescaleOf(box: Box | undefined): number {
  return uint32(box?.content, box?.content[0] === 1 ? 20 : 12);
}

/** The first edit that shows media, and how long the empty ones before it are. */
function readEdits(elst: Box | undefined, timescale: number): { emptySeconds: number; startTicks: number } {
  let emptyTicks = 0;
  if (!elst) return { emptySeconds: 0, startTicks: 0 };
  const { content } = elst;
  const isWide = content[0] === 1;
  for (let at = 8; at + (isWide ? 20 : 12) <= content.length; at += isWide ? 20 : 12) {
    const start = isWide ? Number(content.readBigInt64BE(at + 8)) : content.readInt32BE(at + 4);
    if (start !== -1) return { emptySeconds: timescale > 0 ? emptyTicks / timescale : 0, startTicks: start };
    emptyTicks += isWide ? uint64(content, at) : uint32(content, at);
  }
  return { emptySeconds: 0, startTicks: 0 };
}

async function readEnds(tracks: readonly ParsedTrack[]): Promise<Pick<Movie, 'tracks' | 'endOffset'>> {
  const read: MovieTrack[] = [];
  let endOffset = 0;
  for (const { id, timescale, startTicks, tables } of tracks) {
    const end = await readSamplesEnd(tables);
    endOffset = Math.max(endOffset, end?.offset ?? 0);
    const { ticks: endTicks = null, samples = 0, bytes = 0 } = end ?? {};
    read.push({ id, timescale, startTicks, endTicks, samples, bytes });
  }
  return { tracks: read, endOffset };
}

/** The defaults for fragments. */
function readExtends(
  boxes: readonly Box[],
  timescale: number,
): Pick<Movie, 'defaultTicks' | 'promisedSeconds'> {
  const trex = boxes.filter(({ type }) => type === 'trex').map(({ content }) => content);
  const mehd = boxes.find(({ type }) => type === 'mehd')?.content;
  const duration = mehd?.[0] === 1 ? uint64(mehd, 4) : uint32(mehd, 4);
  return {
    defaultTicks: new Map(trex.map((content) => [uint32(content, 4), uint32(content, 12)])),
    promisedSeconds: timescale > 0 && duration > 0 ? duration / timescale : null,
  };
}
