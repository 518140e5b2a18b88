/** Reads what the headers of a file say, with a few small reads and without a check of the rest. */
import { NO_RATES, type CheckedFacts } from '../track-rates.ts';
import { checkMedia, factsOfTracks, isoRates, type CheckTools } from './check.ts';
import { holderOf, type HoldHeader } from './header-memory.ts';
import { readIsoHead } from './containers/iso-bmff.ts';
import { statedFrameRate } from './containers/matroska-rates.ts';
import { readMatroskaHead } from './containers/matroska.ts';
import { parseTracks } from './parsers.ts';
import { orderedReader, type RandomReader } from './reader.ts';
import type { SniffedMedia } from './sniff.ts';

/**
 * The facts, with a duration if the headers tell one. Null for kinds that only ffmpeg reads, which takes the whole file.
 * Throws JobFailure `media_*` for damage, or what `reader` throws.
 */
export async function quickFacts(
  reader: RandomReader,
  sniffed: SniffedMedia,
  tools: Pick<CheckTools, 'signal' | 'headers'>,
): Promise<CheckedFacts | null> {
  const { container, probe } = sniffed;
  if (probe === 'ffmpeg') return null;
  if (container === 'mp4' || container === 'mov') return quickIso(reader, container, holderOf(tools));
  if (container === 'webm' || container === 'matroska') return quickMatroska(reader, container);
  // Their check reads the start and the end only.
  const limits = { maxDurationSeconds: Infinity };
  return checkMedia(reader, sniffed, { ...tools, limits, ffmpeg: null, confinement: null });
}

async function quickIso(
  reader: RandomReader,
  container: string,
  holdHeader: HoldHeader,
): Promise<CheckedFacts> {
  const { header, ends, samples, promisedSeconds } = await readIsoHead(orderedReader(reader), holdHeader);
  const tracks = await parseTracks(header);
  const seconds = Math.max(0, ...ends.values()) || promisedSeconds;
  return {
    ...factsOfTracks(container, tracks),
    durationSeconds: rounded(seconds),
    rates: isoRates(tracks, samples),
  };
}

async function quickMatroska(reader: RandomReader, container: string): Promise<CheckedFacts> {
  const { header, promisedSeconds } = await readMatroskaHead(orderedReader(reader));
  const rates = { ...NO_RATES, framesPerSecond: statedFrameRate(header) };
  return {
    ...factsOfTracks(container, await parseTracks(header)),
    durationSeconds: rounded(promisedSeconds),
    rates,
  };
}

/** To milliseconds. */
function rounded(seconds: number | null): number | null {
  return seconds === null || !Number.isFinite(seconds) ? null : Math.round(seconds * 1000) / 1000;
}
