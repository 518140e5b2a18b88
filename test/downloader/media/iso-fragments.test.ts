import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passFragment, type FragmentTimes } from '../../../downloader/media/containers/iso-fragment.ts';
import { readMovie } from '../../../downloader/media/containers/iso-movie.ts';
import { box, full, movie, track, uint32 } from '../../support/crafted-mp4.ts';

const DEFAULT_TICKS = 7;
/** A movie of two tracks without samples. */
const MOVIE = movie(
  0,
  track({ kind: 'vide', timescale: 90, ticks: 0, tables: [], id: 1 }),
  track({ kind: 'soun', timescale: 90, ticks: 0, tables: [], id: 2 }),
  box('mvex', ...[1, 2].map((id) => full('trex', uint32(id, 1, DEFAULT_TICKS, 0, 0)))),
);

const sample = fc.record({ duration: fc.nat(50), offset: fc.integer({ min: -90, max: 90 }) });
const randomRun = fc.record({
  samples: fc.array(sample, { maxLength: 5 }),
  hasDurations: fc.boolean(),
  hasOffsets: fc.boolean(),
  hasSizes: fc.boolean(),
});
const randomTrackPart = fc.record({
  id: fc.constantFrom(1, 2, 3),
  start: fc.option(fc.nat(1000)),
  ticks: fc.option(fc.nat(50)),
  isEmptyDuration: fc.boolean(),
  runs: fc.array(randomRun, { maxLength: 3 }),
});
type TrackPart = typeof randomTrackPart extends fc.Arbitrary<infer T> ? T : never;
type Run = TrackPart['runs'][number];

function runBox({ samples, hasDurations, hasOffsets, hasSizes }: Run): Buffer {
  const flags = 0x1 | (hasDurations ? 0x100 : 0) | (hasSizes ? 0x200 : 0) | (hasOffsets ? 0x800 : 0);
  const entries = samples.flatMap(({ duration, offset }) => [
    ...(hasDurations ? [duration] : []),
    ...(hasSizes ? [500] : []),
    ...(hasOffsets ? [offset >>> 0] : []),
  ]);
  return box('trun', uint32(flags, samples.length, 0, ...entries));
}

function fragmentOf(parts: readonly TrackPart[]): Buffer {
  const trafs = parts.map(({ id, start, ticks, isEmptyDuration, runs }) => {
    const flags = (ticks === null ? 0 : 8) | (isEmptyDuration ? 0x10000 : 0) | 2;
    const tfhd = box('tfhd', uint32(flags, id, 1, ...(ticks === null ? [] : [ticks])));
    return box('traf', tfhd, ...(start === null ? [] : [full('tfdt', uint32(start))]), ...runs.map(runBox));
  });
  return box('moof', full('mfhd', uint32(1)), ...trafs);
}

/** Sample by sample. */
function timesOf(fragments: readonly (readonly TrackPart[])[]): Map<number, number> {
  const ends = new Map<number, number>();
  const nexts = new Map<number, number>();
  for (const { id, start, ticks, isEmptyDuration, runs } of fragments.flat()) {
    if (id === 3) continue;
    let next = start ?? nexts.get(id) ?? 0;
    for (const { samples, hasDurations, hasOffsets } of runs) {
      for (const { duration, offset } of samples) {
        const each = hasDurations ? duration : isEmptyDuration ? 0 : (ticks ?? DEFAULT_TICKS);
        ends.set(id, Math.max(ends.get(id) ?? -Infinity, next + (hasOffsets ? offset : 0) + each));
        next += each;
      }
    }
    nexts.set(id, next);
  }
  return ends;
}

describe('fragments', () => {
  it('end where a list of all their samples ends', async () => {
    const read = await readMovie(MOVIE);
    const fragments = fc.array(fc.array(randomTrackPart, { maxLength: 4 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fragments, async (list) => {
        const times: FragmentTimes = new Map();
        for (const parts of list) await passFragment(fragmentOf(parts), read, times);
        const ends = [...times].filter(([, { endTicks }]) => endTicks > -Infinity);
        expect(new Map(ends.map(([id, { endTicks }]) => [id, endTicks]))).toEqual(timesOf(list));
      }),
      { numRuns: 500 },
    );
  });

  it('take no time for samples that are only claimed', async () => {
    const traf = box('traf', box('tfhd', uint32(0, 1)), box('trun', uint32(0, 0xffff_ffff)));
    const times: FragmentTimes = new Map();
    await passFragment(box('moof', traf), await readMovie(MOVIE), times);
    expect(times.get(1)?.endTicks).toBe(0xffff_ffff * DEFAULT_TICKS);
  });

  it('are refused when a run is shorter than it says', async () => {
    const traf = box('traf', box('tfhd', uint32(0, 1)), box('trun', uint32(0x100, 3, 1, 1)));
    const read = await readMovie(MOVIE);
    await expect(passFragment(box('moof', traf), read, new Map())).rejects.toMatchObject({
      failure: { code: 'media_unreadable' },
    });
  });
});
