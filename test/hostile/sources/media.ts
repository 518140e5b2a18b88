/** Files whose headers cost their reader memory or time. */
import { box, FILE_TYPE, full, largeLastSampleMp4, movie, track, uint32 } from '../../support/crafted-mp4.ts';
import { element, matroskaOfTracks } from '../../support/crafted-matroska.ts';
import { answer, type Handler } from '../../support/http-source.ts';
import { hoursOfVideo, largestTables, type LongMp4 } from '../../support/long-mp4.ts';
import { lengthOf, streamed, vanishing, type Stretch } from './send.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** `times` boxes of `bytes` zeros. */
function boxes(type: string, bytes: number, times: number): Stretch[] {
  const header = Buffer.concat([uint32(8 + bytes), Buffer.from(type, 'latin1')]);
  return Array.from({ length: times }, () => [header, bytes]).flat();
}

/** Audio with a movie box in front and no samples. */
const NO_SAMPLES = Buffer.concat([
  FILE_TYPE,
  movie(0, track({ kind: 'soun', timescale: 1000, ticks: 0, tables: [full('stts', uint32(0))] })),
]);

/** A track run in which every sample has an own duration. */
function fragment(samples: number): Buffer {
  const run = box('trun', uint32(0x100, samples), Buffer.alloc(4 * samples, uint32(1)));
  return box('moof', box('traf', box('tfhd', uint32(0, 1)), run));
}

function endlessElement(id: string, bytes: number): Stretch[] {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE((1n << 56n) | BigInt(bytes));
  return [Buffer.from(id, 'hex'), size, bytes];
}

const EBML = element('1a45dfa3', Buffer.from('4282847765626d', 'hex'));
/** A segment of unknown size. */
const SEGMENT = Buffer.from('1853806701ffffffffffffff', 'hex');

/** HEIC of 4 MB with 200,000 sizes. */
function heicOfSizes(): Buffer {
  const sizes = Buffer.concat(Array.from({ length: 200_000 }, () => full('ispe', uint32(640, 480))));
  const hdlr = full('hdlr', uint32(0), Buffer.from('pict', 'latin1'), Buffer.alloc(13));
  const meta = full('meta', hdlr, box('iprp', box('ipco', sizes)));
  return Buffer.concat([box('ftyp', Buffer.from('heic\0\0\0\0mif1heic', 'latin1')), meta]);
}

/** A JPEG that never comes to its frame header. */
function jpegOfPadding(): Buffer {
  const head = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
  return Buffer.concat([head, Buffer.alloc(4 * MIB, 0xff), Buffer.of(0xff, 0xd9)]);
}

/** An MXF partition pack and header metadata that refer to each other. */
function mxf(): Buffer {
  const partition = Buffer.from('060e2b34020501010d0102010102040083000078', 'hex');
  return Buffer.concat([partition, Buffer.alloc(400_000, 0x06)]);
}

/** An AVI whose index claims more entries than the file has bytes. */
function avi(): Buffer {
  const chunk = (id: string, data: Buffer) => {
    const header = Buffer.alloc(8);
    header.write(id, 0, 'latin1');
    header.writeUInt32LE(data.length, 4);
    return Buffer.concat([header, data]);
  };
  const list = (type: string, ...parts: Buffer[]) =>
    chunk('LIST', Buffer.concat([Buffer.from(type, 'latin1'), ...parts]));
  const strh = Buffer.alloc(56);
  strh.write('vidsMJPG', 0, 'latin1');
  strh.writeUInt32LE(1, 20);
  strh.writeUInt32LE(0xffff_ffff, 24);
  strh.writeUInt32LE(0xffff_ffff, 32);
  const streams = Array.from({ length: 200 }, () =>
    list('strl', chunk('strh', strh), chunk('strf', Buffer.alloc(40, 0x7f))),
  );
  const body = [
    list('hdrl', chunk('avih', Buffer.alloc(56, 0xff)), ...streams),
    chunk('idx1', Buffer.alloc(4 * MIB, 0x30)),
  ];
  return chunk('RIFF', Buffer.concat([Buffer.from('AVI ', 'latin1'), ...body]));
}

/** Tags of two bytes of sound whose times go back: ffmpeg complains twice about each. */
function flvOfTinyTags(): Stretch[] {
  const tagBytes = 17;
  const block = Buffer.alloc(15_000 * tagBytes);
  for (let at = 0; at < block.length; at += tagBytes) {
    block[at] = 8;
    block.writeUIntBE(2, at + 1, 3);
    block.writeUIntBE((block.length - at) / tagBytes, at + 4, 3);
    block[at + 11] = 0x3e;
    block.writeUInt32BE(13, at + 13);
  }
  return [Buffer.from('464c5601040000000900000000', 'hex'), ...Array<Buffer>(512).fill(block)];
}

const withTables = ({ head, mediaBytes }: LongMp4): Stretch[] => [head, mediaBytes];

const sampleBomb: Stretch[] = [largeLastSampleMp4(3 * GIB - MIB, GIB)];
sampleBomb.push(3 * GIB - lengthOf(sampleBomb));

/** By path. */
export const MEDIA: Record<string, Handler> = {
  '/last-sample.m4a': vanishing('audio/mp4', sampleBomb, 64 * MIB),
  '/sidx.mp4': streamed('video/mp4', [NO_SAMPLES, ...boxes('sidx', 128 * MIB, 2)]),
  '/ftyp.mp4': streamed('video/mp4', [NO_SAMPLES, ...boxes('ftyp', 8 * MIB, 40)]),
  '/moov.mp4': streamed('video/mp4', [NO_SAMPLES, ...boxes('moov', 40 * MIB, 8)]),
  '/fragments.mp4': streamed('video/mp4', [NO_SAMPLES, ...Array<Buffer>(8).fill(fragment(10 * MIB))]),
  '/boxes.mp4': streamed('video/mp4', [NO_SAMPLES, Buffer.alloc(16 * MIB, box('free'))]),
  '/tables.mp4': streamed('video/mp4', withTables(largestTables(47 * MIB, 16 * MIB))),
  '/hours.mp4': vanishing('video/mp4', withTables(hoursOfVideo(12, 16 * MIB)), Infinity),
  '/info.mkv': streamed('video/webm', [
    EBML,
    SEGMENT,
    ...Array.from({ length: 32 }, () => endlessElement('1549a966', 16 * MIB)).flat(),
  ]),
  '/tracks.mkv': answer(200, 'video/webm', matroskaOfTracks(MIB - 1000).file),
  '/tiny-elements.mkv': streamed('video/webm', [
    EBML,
    SEGMENT,
    Buffer.alloc(24 * MIB, Buffer.from('ec80', 'hex')),
  ]),
  '/sizes.heic': answer(200, 'image/heic', heicOfSizes()),
  '/padding.jpg': answer(200, 'image/jpeg', jpegOfPadding()),
  '/metadata.mxf': answer(200, 'application/mxf', mxf()),
  '/index.avi': answer(200, 'video/x-msvideo', avi()),
  '/tiny-tags.flv': streamed('video/x-flv', flvOfTinyTags()),
  '/no-text.mp4': answer(200, 'video/mp4', Buffer.alloc(64 * 1024, 0x80)),
};
