import * as fc from 'fast-check';
import { EncodedPacketSink, BufferSource, Input, MP4, QTFF } from 'mediabunny';
import { describe, expect, it } from 'vitest';
import { readIsoBmff } from '../../../downloader/media/containers/iso-bmff.ts';
import { readMovie } from '../../../downloader/media/containers/iso-movie.ts';
import { memoryReader, orderedReader } from '../../../downloader/media/reader.ts';
import { box, full, movie, movieOfTimescale, track, uint32 } from '../../support/crafted-mp4.ts';
import { mediaBytes } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';

const { ffmpeg } = await mediaTools();

const read = (bytes: Uint8Array) => readIsoBmff(orderedReader(memoryReader(bytes)));

/** Where each track ends by a library that expands the tables to one object for each sample. */
async function endsByLibrary(bytes: Uint8Array): Promise<Map<number, number>> {
  using input = new Input({ formats: [MP4, QTFF], source: new BufferSource(bytes) });
  const ends = new Map<number, number>();
  for (const one of await input.getTracks()) {
    const last = await new EncodedPacketSink(one).getPacket(Infinity, { metadataOnly: true });
    if (last) ends.set(one.id, last.timestamp + last.duration);
  }
  return ends;
}

describe.skipIf(!ffmpeg)('the ends of tracks', () => {
  it.each([
    'start.mp4',
    'end.mp4',
    'video.mp4',
    'audio.m4a',
    'movie.mov',
    'fragmented.mp4',
    'indexed.mp4',
  ] as const)('in %s are those that mediabunny finds', async (name) => {
    const bytes = await mediaBytes(ffmpeg ?? '', name);
    const [ours, theirs] = [(await read(bytes)).ends, await endsByLibrary(bytes)];
    expect(new Set(ours.keys())).toEqual(new Set(theirs.keys()));
    for (const [id, end] of theirs) expect(ours.get(id)).toBeCloseTo(end, 6);
  });
});

/** Runs of [count, value]. */
const runs = (value: fc.Arbitrary<number>) =>
  fc
    .array(fc.tuple(fc.nat(4), value), { maxLength: 8 })
    .map((list) => list.map(([count, each]) => ({ count, each })));

const randomTables = fc.record({
  durations: runs(fc.nat(50)),
  shifts: fc.option(runs(fc.integer({ min: -100, max: 100 }))),
  sizes: fc.array(fc.nat(15), { maxLength: 20 }),
  sizeBits: fc.constantFrom(4, 8, 16, 32),
  chunks: fc.array(fc.record({ inChunk: fc.nat(4), offset: fc.nat(1000) }), { maxLength: 12 }),
  isWide: fc.boolean(),
  editStart: fc.option(fc.record({ emptyTicks: fc.nat(3000), start: fc.nat(100) })),
});
type RandomTables = typeof randomTables extends fc.Arbitrary<infer T> ? T : never;

const expand = (list: RandomTables['durations']) =>
  list.flatMap(({ count, each }) => Array<number>(count).fill(each));

/** One object for each sample, as a direct reading of the standard does it. */
function endsBySamples({ durations, shifts, sizes, chunks, editStart }: RandomTables) {
  const placed: number[] = [];
  const times = expand(durations);
  const offsets = expand(shifts ?? []);
  for (const { inChunk, offset } of chunks) {
    let at = offset;
    for (let index = 0; index < inChunk && placed.length < sizes.length; index += 1) {
      at += sizes[placed.length] ?? 0;
      placed.push(at);
    }
  }
  let ticks = 0;
  const starts: { start: number; end: number }[] = [];
  for (const [index, duration] of times.slice(0, placed.length).entries()) {
    const start = ticks + (offsets[index] ?? 0);
    starts.push({ start, end: start + duration });
    ticks += duration;
  }
  const last = Math.max(...starts.map(({ start }) => start));
  const endTicks = starts.findLast(({ start }) => start === last)?.end ?? null;
  const startTicks = editStart ? editStart.start - Math.round((editStart.emptyTicks / 1000) * 90) : 0;
  return { endTicks, startTicks, endOffset: endTicks === null ? 0 : Math.max(...placed) };
}

function sizesBox({ sizes, sizeBits }: RandomTables): Buffer {
  if (sizeBits === 32) return full('stsz', uint32(0, sizes.length, ...sizes));
  const bytes = Buffer.alloc(Math.ceil((sizes.length * sizeBits) / 8));
  for (const [index, size] of sizes.entries()) {
    if (sizeBits === 16) bytes.writeUInt16BE(size, index * 2);
    else if (sizeBits === 8) bytes[index] = size;
    else bytes[index >> 1]! |= index % 2 === 0 ? size << 4 : size;
  }
  return full('stz2', uint32(sizeBits, sizes.length), bytes);
}

/** The movie box of a track with these tables. */
function movieOf(tables: RandomTables): Buffer {
  const { durations, shifts, chunks, isWide, editStart } = tables;
  const pairs = (list: RandomTables['durations']) => list.flatMap(({ count, each }) => [count, each >>> 0]);
  const places = chunks.flatMap(({ offset }) => (isWide ? [0, offset] : [offset]));
  const stbl = [
    full('stts', uint32(durations.length, ...pairs(durations))),
    ...(shifts ? [full('ctts', uint32(shifts.length, ...pairs(shifts)))] : []),
    full('stsc', uint32(chunks.length, ...chunks.flatMap(({ inChunk }, index) => [index + 1, inChunk, 1]))),
    sizesBox(tables),
    full(isWide ? 'co64' : 'stco', uint32(chunks.length, ...places)),
  ];
  const trak = track({ kind: 'soun', timescale: 90, ticks: 0, tables: stbl });
  if (!editStart) return movie(0, trak);
  const edits = [editStart.emptyTicks, 0xffff_ffff, 0x10000, 0, editStart.start, 0x10000];
  return movie(0, box('trak', trak.subarray(8), box('edts', full('elst', uint32(2, ...edits)))));
}

describe('the sample tables of a track', () => {
  it('say the same as a list of all samples', async () => {
    await fc.assert(
      fc.asyncProperty(randomTables, async (tables) => {
        const { tracks, endOffset } = await readMovie(movieOf(tables));
        const [found] = tracks;
        const { endTicks, startTicks } = found ?? {};
        expect({ endTicks, startTicks, endOffset }).toEqual(endsBySamples(tables));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['stts', full('stts', uint32(2, 1, 1))],
    ['stsc', full('stsc', uint32(2, 1, 1, 1))],
    ['stsz', full('stsz', uint32(0, 2, 1))],
    ['stz2', full('stz2', uint32(7, 1, 0))],
    ['stco', full('stco', uint32(2, 1))],
  ])('are not read when %s is shorter than it says', async (type, cut) => {
    const whole = { stts: [1, 2, 1], stsc: [1, 1, 2, 1], stsz: [0, 2, 5, 5], stco: [1, 100] };
    const tables = Object.entries(whole)
      .filter(([name]) => name !== type && !(name === 'stsz' && type === 'stz2'))
      .map(([name, numbers]) => full(name, uint32(...numbers)));
    const trak = track({ kind: 'soun', timescale: 90, ticks: 0, tables: [...tables, cut] });
    await expect(readMovie(movie(0, trak))).rejects.toMatchObject({ failure: { code: 'media_unreadable' } });
  });

  it('take no time for samples that are only claimed', async () => {
    const tables = [
      full('stts', uint32(1, 0xffff_ffff, 1000)),
      full('stsc', uint32(1, 1, 0xffff_ffff, 1)),
      full('stsz', uint32(100, 0xffff_ffff)),
      full('stco', uint32(1, 100)),
    ];
    const startedAtMs = performance.now();
    const { endOffset } = await readMovie(movie(0, track({ kind: 'soun', timescale: 90, ticks: 0, tables })));
    expect(endOffset).toBe(100 + 100 * 0xffff_ffff);
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
  });

  it('start without the empty edit of a movie whose timescale is 0', async () => {
    const tables = [
      full('stts', uint32(1, 1, 20)),
      full('stsc', uint32(1, 1, 1, 1)),
      full('stsz', uint32(5, 1)),
      full('stco', uint32(1, 100)),
    ];
    const trak = track({ kind: 'soun', timescale: 90, ticks: 0, tables });
    const edits = full('elst', uint32(2, 1000, 0xffff_ffff, 0x10000, 0, 10, 0x10000));
    const { tracks } = await readMovie(
      movieOfTimescale(0, 0, box('trak', trak.subarray(8), box('edts', edits))),
    );
    expect(tracks).toMatchObject([{ startTicks: 10, endTicks: 20 }]);
  });
});
