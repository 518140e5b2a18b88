/** The front of MP4 files with millions of samples. Only their tables are real. */
import { FILE_TYPE, full, mediaHeader, movie, track, uint32, type CraftedTrack } from './crafted-mp4.ts';

/** A table of as many entries; each entry has these numbers. */
function table(type: string, count: number, numbersOf: (index: number) => number[]): Buffer {
  const first = numbersOf(0).length;
  const bytes = Buffer.alloc(4 * first * count);
  for (let index = 0; index < count; index += 1) {
    for (const [field, value] of numbersOf(index).entries())
      bytes.writeUInt32BE(value, 4 * (index * first + field));
  }
  return full(type, uint32(count), bytes);
}

interface Samples extends Pick<CraftedTrack, 'kind' | 'timescale' | 'id'> {
  count: number;
  ticksEach: number;
  inChunk: number;
  /** A run of one sample for every sample, in both tables of times. */
  ownRuns: boolean;
}

function longTrack({ count, ticksEach, inChunk, ownRuns, ...rest }: Samples): Buffer {
  const tables = [
    ownRuns ? table('stts', count, () => [1, ticksEach]) : full('stts', uint32(1, count, ticksEach)),
    // As video with B-frames has it: the offset of nearly every sample differs from that before.
    ...(rest.kind === 'vide' ? [table('ctts', count, (index) => [1, ticksEach * ((index * 3) % 4)])] : []),
    full('stsc', uint32(1, 1, inChunk, 1)),
    full('stsz', uint32(0), table('', count, (index) => [20 + (index % 3)]).subarray(8)),
    table('stco', Math.ceil(count / inChunk), () => [0]),
  ];
  return track({ ...rest, ticks: count * ticksEach, tables });
}

export interface LongMp4 {
  head: Buffer;
  /** Zeros that follow. */
  mediaBytes: number;
}

function file(mediaBytes: number, tracks: Buffer[]): LongMp4 {
  return {
    head: Buffer.concat([FILE_TYPE, movie(0, ...tracks), mediaHeader(mediaBytes)]),
    mediaBytes: mediaBytes - 16,
  };
}

/** Hours of H.264 at 60 frames a second with B-frames, and of AAC, interleaved by the second as usual encoders do. */
export function hoursOfVideo(hours: number, mediaBytes: number): LongMp4 {
  // The offsets of the last frames must not make the film longer.
  const frames = { count: hours * 3600 * 60 - 4, ticksEach: 1, inChunk: 60, timescale: 60 };
  const audio = {
    count: Math.floor((hours * 3600 * 44_100) / 1024),
    ticksEach: 1024,
    inChunk: 43,
    timescale: 44_100,
  };
  return file(mediaBytes, [
    longTrack({ ...frames, kind: 'vide', id: 1, ownRuns: false }),
    longTrack({ ...audio, kind: 'soun', id: 2, ownRuns: false }),
  ]);
}

/** Tables of this many bytes, in which every sample has its own entry everywhere. */
export function largestTables(tableBytes: number, mediaBytes: number): LongMp4 {
  const count = Math.floor(tableBytes / 24);
  const samples = { count, ticksEach: 1, inChunk: 1, timescale: 1000, ownRuns: true };
  return file(mediaBytes, [longTrack({ ...samples, kind: 'vide' })]);
}
