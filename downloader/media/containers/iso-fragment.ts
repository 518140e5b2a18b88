/** Follows the times of the tracks through the fragments of an MP4 (ISO/IEC 14496-12, 8.8). */
import { setImmediate } from 'node:timers/promises';
import { JobFailure } from '../../job-failure.ts';
import { createBoxReader, ENTRIES_AT_ONCE, firstOf, uint32, uint64, type Box } from './iso-boxes.ts';
import type { Movie } from './iso-movie.ts';

/** Maximum number of boxes in a fragment: one with twelve hours of interleaved media has 100,000. */
const MAX_BOXES = 200_000;

interface TrackTimes {
  nextTicks: number;
  endTicks: number;
  /** Samples of the fragments that were read, their duration in ticks, and their bytes; 0 where sizes are defaults. */
  samples: number;
  sampleTicks: number;
  bytes: number;
}

/** By the id of the track, in its ticks. */
export type FragmentTimes = Map<number, TrackTimes>;

/** Adds a whole `moof` to the times of the movie's tracks. Throws `media_unreadable` when it is damaged. */
export async function passFragment(
  moof: Buffer,
  { tracks, defaultTicks }: Movie,
  times: FragmentTimes,
): Promise<void> {
  const boxesIn = createBoxReader(MAX_BOXES);
  const [fragment] = boxesIn(moof);
  for (const { type, content } of boxesIn(fragment?.content)) {
    if (type !== 'traf') continue;
    const parts = [...boxesIn(content)].filter(
      ({ type }) => type === 'trun' || type === 'tfhd' || type === 'tfdt',
    );
    const known = firstOf(parts, ['tfhd', 'tfdt']);
    const { id, ticks } = readTrackHeader(known.get('tfhd')?.content);
    if (!tracks.some((track) => track.id === id)) continue;
    const before = times.get(id) ?? {
      nextTicks: 0,
      endTicks: -Infinity,
      samples: 0,
      sampleTicks: 0,
      bytes: 0,
    };
    const run = { ...before, nextTicks: startOf(known.get('tfdt')) ?? before.nextTicks };
    const defaultRun = ticks ?? defaultTicks.get(id) ?? 0;
    for (const part of parts) if (part.type === 'trun') await passRun(part.content, defaultRun, run);
    times.set(id, run);
  }
}

/** `ticks`: the duration of samples that do not give one, if it is not the default of the movie. */
function readTrackHeader(tfhd: Buffer | undefined): { id: number; ticks: number | null } {
  const flags = uint32(tfhd, 0);
  const id = uint32(tfhd, 4);
  if (flags & 0x10000) return { id, ticks: 0 };
  const at = 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
  return { id, ticks: flags & 8 ? uint32(tfhd, at) : null };
}

function startOf(tfdt: Box | undefined): number | null {
  if (!tfdt) return null;
  return tfdt.content[0] === 1 ? uint64(tfdt.content, 4) : uint32(tfdt.content, 4);
}

const DURATION = 0x100;
const SIZE = 0x200;
const OFFSET = 0x800;

async function passRun(trun: Buffer, defaultTicks: number, run: TrackTimes): Promise<void> {
  const flags = uint32(trun, 0);
  const count = uint32(trun, 4);
  const start = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
  const fields = [DURATION, SIZE, 0x400, OFFSET].filter((field) => flags & field).length;
  if (start + count * fields * 4 > trun.length) throw new JobFailure('media_unreadable', 'a fragment is cut');
  if (count === 0) return;
  run.samples += count;
  if (!(flags & (DURATION | SIZE | OFFSET))) {
    run.nextTicks += count * defaultTicks;
    run.sampleTicks += count * defaultTicks;
    run.endTicks = Math.max(run.endTicks, run.nextTicks);
    return;
  }
  for (let index = 0; index < count; index += 1) {
    const at = start + index * fields * 4;
    const duration = flags & DURATION ? trun.readUInt32BE(at) : defaultTicks;
    const offset = flags & OFFSET ? trun.readInt32BE(at + (fields - 1) * 4) : 0;
    run.bytes += flags & SIZE ? trun.readUInt32BE(at + (flags & DURATION ? 4 : 0)) : 0;
    run.endTicks = Math.max(run.endTicks, run.nextTicks + offset + duration);
    run.nextTicks += duration;
    run.sampleTicks += duration;
    if (index % ENTRIES_AT_ONCE === ENTRIES_AT_ONCE - 1) await setImmediate();
  }
}
