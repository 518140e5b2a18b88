/** An MP4 of which every sample lies at the same place: small tables, any number of bytes to copy. */

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

function box(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([uint32(8 + body.length), Buffer.from(type, 'latin1'), body]);
}

/** A full box of version 0 without flags. */
function full(type: string, ...parts: Buffer[]): Buffer {
  return box(type, uint32(0), ...parts);
}

const MATRIX = uint32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
/** Ticks of one sample, of 1000 a second. */
const SAMPLE_TICKS = 20;
/** AAC-LC, 44,100 Hz, stereo (ISO/IEC 14496-1, ES_Descriptor). */
const ESDS = '031900010004114015000000000000000000000005021210060102';

/** `samples` × `sampleBytes` of AAC by its tables; the file holds one sample. */
export function repeatedSampleMp4(samples: number, sampleBytes: number): Buffer {
  const ftyp = box('ftyp', Buffer.from('isom\0\0\u0002\0isomiso2mp41', 'latin1'));
  const mdat = box('mdat', Buffer.alloc(sampleBytes, 0x21));
  const offset = ftyp.length + 8;
  const entry = Buffer.concat([uint32(0, 1, 0, 0), uint32(0x20010, 0, 44_100 * 65_536)]);
  const stbl = box(
    'stbl',
    full('stsd', uint32(1), box('mp4a', entry, full('esds', Buffer.from(ESDS, 'hex')))),
    full('stts', uint32(1, samples, SAMPLE_TICKS)),
    full('stsc', uint32(1, 1, 1, 1)),
    full('stsz', uint32(sampleBytes, samples)),
    full('stco', uint32(samples), uint32(...Array.from({ length: samples }, () => offset))),
  );
  const ticks = samples * SAMPLE_TICKS;
  const dinf = box('dinf', full('dref', uint32(1), box('url ', uint32(1))));
  const minf = box('minf', full('smhd', uint32(0)), dinf, stbl);
  const hdlr = full('hdlr', uint32(0), Buffer.from('soun', 'latin1'), Buffer.alloc(14));
  const mdia = box('mdia', full('mdhd', uint32(0, 0, 1000, ticks, 0x55c40000)), hdlr, minf);
  const tkhd = box('tkhd', uint32(7, 0, 0, 1, 0, ticks, 0, 0, 0, 0x1000000), MATRIX, uint32(0, 0));
  const mvhd = full(
    'mvhd',
    uint32(0, 0, 1000, ticks, 0x10000, 0x1000000, 0, 0),
    MATRIX,
    Buffer.alloc(24),
    uint32(2),
  );
  return Buffer.concat([ftyp, mdat, box('moov', mvhd, box('trak', tkhd, mdia))]);
}
