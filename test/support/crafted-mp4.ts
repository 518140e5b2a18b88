/** MP4 files of a few bytes whose tables say what a test wants. */

/** Big-endian numbers of 32 bits. */
export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

/** A box of this type. */
export function box(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([uint32(8 + body.length), Buffer.from(type, 'latin1'), body]);
}

/** A full box of version 0 without flags. */
export function full(type: string, ...parts: Buffer[]): Buffer {
  return box(type, uint32(0), ...parts);
}

const MATRIX = uint32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

/** AAC-LC, 44,100 Hz, stereo (ISO/IEC 14496-1, ES_Descriptor). */
const AAC = box(
  'mp4a',
  Buffer.concat([uint32(0, 1, 0, 0), uint32(0x20010, 0, 44_100 * 65_536)]),
  full('esds', Buffer.from('031900010004114015000000000000000000000005021210060102', 'hex')),
);
/** H.264 of 640 × 480. */
const AVC = box(
  'avc1',
  Buffer.concat([uint32(0, 1), Buffer.alloc(16), uint32((640 << 16) | 480), Buffer.alloc(50)]),
  box(
    'avcC',
    Buffer.from('0164001effe100196764001eacd940a02ff9610000030001000003003c8f162d9601000568ebecb22c', 'hex'),
  ),
);
const HANDLERS = { soun: 'smhd', vide: 'vmhd' };

export interface CraftedTrack {
  kind: keyof typeof HANDLERS;
  /** Ticks of a second. */
  timescale: number;
  ticks: number;
  /** stts, stsc and so on. */
  tables: Buffer[];
  id?: number;
}

/** A track of AAC or H.264 with these tables. */
export function track({ kind, timescale, ticks, tables, id = 1 }: CraftedTrack): Buffer {
  const stbl = box('stbl', full('stsd', uint32(1), kind === 'soun' ? AAC : AVC), ...tables);
  const dinf = box('dinf', full('dref', uint32(1), box('url ', uint32(1))));
  const minf = box('minf', full(HANDLERS[kind], uint32(0)), dinf, stbl);
  const hdlr = full('hdlr', uint32(0), Buffer.from(kind, 'latin1'), Buffer.alloc(14));
  const mdia = box('mdia', full('mdhd', uint32(0, 0, timescale, ticks, 0x55c40000)), hdlr, minf);
  const tkhd = box('tkhd', uint32(7, 0, 0, id, 0, ticks, 0, 0, 0, 0x1000000), MATRIX, uint32(0, 0));
  return box('trak', tkhd, mdia);
}

/** The movie box of these tracks, with a timescale of 1000. */
export function movie(ticks: number, ...children: Buffer[]): Buffer {
  return movieOfTimescale(1000, ticks, ...children);
}

/** The movie box of these tracks, with this number of ticks a second. */
export function movieOfTimescale(timescale: number, ticks: number, ...children: Buffer[]): Buffer {
  const mvhd = full(
    'mvhd',
    uint32(0, 0, timescale, ticks, 0x10000, 0x1000000, 0, 0),
    MATRIX,
    Buffer.alloc(24),
    uint32(2),
  );
  return box('moov', mvhd, ...children);
}

export const FILE_TYPE = box('ftyp', Buffer.from('isom\0\0\u0002\0isomiso2mp41', 'latin1'));

/** The header of a media box of this size. */
export function mediaHeader(mediaBytes: number): Buffer {
  const header = Buffer.concat([uint32(1), Buffer.from('mdat', 'latin1'), Buffer.alloc(8)]);
  header.writeBigUInt64BE(BigInt(mediaBytes), 8);
  return header;
}

/** Ticks of one sample, of 1000 a second. */
const SAMPLE_TICKS = 20;

interface Tables {
  /** Every sample has this size, unless `sizes` lists them. */
  sampleBytes: number;
  samples: number;
  sizes?: number[];
  /** Where each sample lies in the file. */
  offset: number;
}

/** A track of AAC, a chunk for each sample. */
function audioTrack({ sampleBytes, samples, sizes, offset }: Tables): Buffer {
  const tables = [
    full('stts', uint32(1, samples, SAMPLE_TICKS)),
    full('stsc', uint32(1, 1, 1, 1)),
    full('stsz', sizes ? uint32(0, samples, ...sizes) : uint32(sampleBytes, samples)),
    full('stco', uint32(samples), uint32(...Array.from({ length: samples }, () => offset))),
  ];
  return track({ kind: 'soun', timescale: 1000, ticks: samples * SAMPLE_TICKS, tables });
}

/** `samples` × `sampleBytes` of AAC by its tables, all of them at the same place; the file holds one sample. */
export function repeatedSampleMp4(samples: number, sampleBytes: number): Buffer {
  const mdat = box('mdat', Buffer.alloc(sampleBytes, 0x21));
  const audio = audioTrack({ samples, sampleBytes, offset: FILE_TYPE.length + 8 });
  return Buffer.concat([FILE_TYPE, mdat, movie(samples * SAMPLE_TICKS, audio)]);
}

/** The boxes in front of the media, in a file that is said to have `mediaBytes` of it; the last sample has `lastBytes`. */
export function largeLastSampleMp4(mediaBytes: number, lastBytes: number, tracks = 1): Buffer {
  const sizes = [...Array<number>(99).fill(100), lastBytes];
  const audio = audioTrack({ samples: 100, sampleBytes: 0, sizes, offset: 200_000 });
  const all = Array.from({ length: tracks }, () => audio);
  return Buffer.concat([FILE_TYPE, movie(100 * SAMPLE_TICKS, ...all), mediaHeader(mediaBytes)]);
}
