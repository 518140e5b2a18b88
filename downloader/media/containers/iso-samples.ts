/**
 * Reads from the sample tables of an MP4 track when and where its last sample ends (ISO/IEC 14496-12, 8.6 and 8.7). A table
 * can have millions of entries, so they are read in place: no entry becomes an object.
 */
import { setImmediate } from 'node:timers/promises';
import { JobFailure } from '../../job-failure.ts';
import { ENTRIES_AT_ONCE, uint32, type Box } from './iso-boxes.ts';

/** The tables that are read. */
export const TABLES = ['stts', 'ctts', 'stsc', 'stsz', 'stz2', 'stco', 'co64'];

export interface SamplesEnd {
  samples: number;
  /** Bytes of all samples. */
  bytes: number;
  /** End of the last sample by presentation time, in ticks of the track. */
  ticks: number;
  /** Offset in the file after the sample that is farthest behind. */
  offset: number;
}

/** Null without samples. Throws `media_unreadable` when a table is shorter than it says. */
export async function readSamplesEnd(tables: ReadonlyMap<string, Box>): Promise<SamplesEnd | null> {
  const chunks = await readChunks(tables);
  const times = tableOf(tables.get('stts'), 2);
  const ticks = await readEnd(times, tableOf(tables.get('ctts'), 2), chunks.samples);
  return ticks === null ? null : { ticks, offset: chunks.end, samples: chunks.samples, bytes: chunks.bytes };
}

interface Table {
  count: number;
  /** One of the numbers of an entry. */
  at: (index: number, field: number) => number;
}

/** A table of entries with this many numbers of 32 bits, after a count. */
function tableOf(box: Box | undefined, fields: number): Table {
  const count = uint32(box?.content, 4);
  if (!box || count === 0) return { count: 0, at: () => 0 };
  const { content } = box;
  if (8 + count * fields * 4 > content.length) throw new JobFailure('media_unreadable', 'a table is cut');
  return { count, at: (index, field) => content.readUInt32BE(8 + (index * fields + field) * 4) };
}

interface Sizes {
  count: number;
  /** The bytes of samples that follow each other. */
  sum: (from: number, count: number) => number;
}

function readSizes(tables: ReadonlyMap<string, Box>): Sizes {
  const box = tables.get('stsz') ?? tables.get('stz2');
  const count = uint32(box?.content, 8);
  if (!box || count === 0) return { count: 0, sum: () => 0 };
  const { content } = box;
  const field = uint32(content, 4);
  // QuickTime writes the size 1 for sound whose real size only the codec tells.
  if (box.type === 'stsz' && field > 0)
    return { count, sum: (_, samples) => (field === 1 ? 1 : samples * field) };
  const bits = box.type === 'stsz' ? 32 : field & 0xff;
  if (![4, 8, 16, 32].includes(bits) || 12 + Math.ceil((count * bits) / 8) > content.length) {
    throw new JobFailure('media_unreadable', 'a table is cut');
  }
  return { count, sum: (from, samples) => sumOf(content, bits, from, from + samples) };
}

function sumOf(content: Buffer, bits: number, from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) {
    if (bits === 32) sum += content.readUInt32BE(12 + index * 4);
    else if (bits === 16) sum += content.readUInt16BE(12 + index * 2);
    else if (bits === 8) sum += content[12 + index] ?? 0;
    else sum += ((content[12 + (index >> 1)] ?? 0) >> (index % 2 === 0 ? 4 : 0)) & 15;
  }
  return sum;
}

interface Chunks {
  samples: number;
  bytes: number;
  end: number;
}

/** How many samples and bytes lie in chunks, and where the chunk that reaches farthest ends. */
async function readChunks(tables: ReadonlyMap<string, Box>): Promise<Chunks> {
  const sizes = readSizes(tables);
  const runs = tableOf(tables.get('stsc'), 3);
  const isWide = !tables.has('stco');
  const offsets = isWide ? tableOf(tables.get('co64'), 2) : tableOf(tables.get('stco'), 1);
  let [samples, bytes, end, run, nextTurn] = [0, 0, 0, 0, ENTRIES_AT_ONCE];
  for (let chunk = 0; chunk < offsets.count && samples < sizes.count && runs.count > 0; chunk += 1) {
    while (run + 1 < runs.count && runs.at(run + 1, 0) <= chunk + 1) run += 1;
    const count = Math.min(runs.at(run, 1), sizes.count - samples);
    const start = isWide ? offsets.at(chunk, 0) * 2 ** 32 + offsets.at(chunk, 1) : offsets.at(chunk, 0);
    const chunkBytes = count > 0 ? sizes.sum(samples, count) : 0;
    if (count > 0) end = Math.max(end, start + chunkBytes);
    bytes += chunkBytes;
    samples += count;
    if (chunk + samples < nextTurn) continue;
    nextTurn = chunk + samples + ENTRIES_AT_ONCE;
    await setImmediate();
  }
  return { samples, bytes, end };
}

/** The end of the last sample by presentation time: runs of equal durations meet runs of equal composition offsets. */
async function readEnd(times: Table, shifts: Table, samples: number): Promise<number | null> {
  const durations = createRuns(times);
  const offsets = createRuns(shifts);
  let [left, ticks, latest, end] = [samples, 0, -Infinity, 0];
  for (let step = 1; left > 0 && durations.refill(); step += 1) {
    const count = Math.min(left, durations.left, offsets.refill() ? offsets.left : Infinity);
    const start = ticks + (count - 1) * durations.value + (offsets.value | 0);
    if (start >= latest) [latest, end] = [start, start + durations.value];
    ticks += count * durations.value;
    left -= count;
    durations.left -= count;
    offsets.left -= count;
    if (step % ENTRIES_AT_ONCE === 0) await setImmediate();
  }
  return latest === -Infinity ? null : end;
}

interface Runs {
  left: number;
  value: number;
  /** Goes to the next run when none is left of this one; false at the end of the table. */
  refill: () => boolean;
}

/** The entries of a table of counts and values. */
function createRuns(table: Table): Runs {
  let index = 0;
  const runs: Runs = {
    left: 0,
    value: 0,
    refill: () => {
      for (; runs.left <= 0 && index < table.count; index += 1) {
        runs.left = table.at(index, 0);
        runs.value = table.at(index, 1);
      }
      if (runs.left <= 0) runs.value = 0;
      return runs.left > 0;
    },
  };
  return runs;
}
