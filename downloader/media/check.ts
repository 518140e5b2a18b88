/** Verifies that a file is complete, readable media, and reads its facts. */
import type { JobLimits } from '../../worker/contract/downloader/command.ts';
import type { MediaFacts, TrackRates } from '../../worker/contract/media.ts';
import { refuseLong } from '../hard-stops.ts';
import { JobFailure } from '../job-failure.ts';
import type { Confinement } from '../process/confinement.ts';
import { readFlac } from './containers/flac.ts';
import { holderOf, type HeaderMemory, type HoldHeader } from './header-memory.ts';
import { readIsoBmff, type IsoFile } from './containers/iso-bmff.ts';
import { statedFrameRate } from './containers/matroska-rates.ts';
import { readMatroska } from './containers/matroska.ts';
import { readAdts, readMp3, type AudioFile } from './containers/mpeg-audio.ts';
import { readMpegTs } from './containers/mpeg-ts.ts';
import { readOgg } from './containers/ogg.ts';
import { readWav } from './containers/wav.ts';
import { checkByFfmpeg } from './ffmpeg-check.ts';
import { bitRate, frameRate, NO_RATES, type CheckedFacts } from '../track-rates.ts';
import { readPicture } from './pictures/picture.ts';
import { orderedReader, type OrderedReader, type RandomReader } from './reader.ts';
import { isMedia, type Sniffed, type SniffedMedia } from './sniff.ts';
import { parseTracks } from './parsers.ts';
import type { Track } from './read-tracks.ts';

export interface CheckTools {
  limits: Pick<JobLimits, 'maxDurationSeconds' | 'stops'>;
  signal: AbortSignal;
  /** Path of ffmpeg, for the kinds that only it reads (AVI, FLV, WMV, MPEG …); null when there is none. */
  ffmpeg: string | null;
  /** Of ffmpeg, which reads every byte of the file. */
  confinement: Confinement | null;
  /** Memory that ffmpeg may take, in bytes; the default is `MAX_FFMPEG_BYTES`. */
  memoryBytes?: number;
  /** The memory that all checks share for large headers; absent: this check is alone. */
  headers?: HeaderMemory;
}

/**
 * Checks a file that can be read at random. Few and small reads for most kinds; those that need ffmpeg are read once
 * from start to end. Throws `not_media`, `media_truncated`, `media_unreadable`, `source_too_long` or
 * `max_duration_exceeded`, `media_check_unavailable`, or what `reader` throws.
 */
export async function checkMedia(
  reader: RandomReader,
  sniffed: Sniffed,
  tools: CheckTools,
): Promise<CheckedFacts> {
  return checkOrdered(orderedReader(reader), sniffed, tools);
}

/** The same for a source that arrives in order; used by the streaming check. */
export async function checkOrdered(
  reader: OrderedReader,
  sniffed: Sniffed,
  tools: CheckTools,
): Promise<CheckedFacts> {
  if (!isMedia(sniffed)) throw new JobFailure('not_media', sniffed.contentType);
  const facts = await readFacts(reader, sniffed, tools);
  tools.signal.throwIfAborted();
  refuseLong(facts.durationSeconds, tools.limits);
  return facts;
}

async function readFacts(
  reader: OrderedReader,
  sniffed: SniffedMedia,
  tools: CheckTools,
): Promise<CheckedFacts> {
  const { container } = sniffed;
  if (sniffed.probe === 'picture') {
    return { ...NOTHING, container, ...(await readPicture(reader, container)) };
  }
  if (sniffed.probe === 'ffmpeg') {
    return checkByFfmpeg(reader, container, { ...tools, demuxer: sniffed.demuxer ?? container });
  }
  switch (container) {
    case 'mp4':
    case 'mov':
      return readIsoFacts(reader, container, holderOf(tools));
    case 'webm':
    case 'matroska':
      return readMatroskaFacts(reader, container);
    case 'mpegts':
      return readTransportFacts(reader);
    default:
      return audioFacts(container, await readAudio(reader, container));
  }
}

/** Shorter files do not count as media. */
const LEAST_SECONDS = 0.001;

const NOTHING = {
  durationSeconds: null,
  width: null,
  height: null,
  videoCodec: null,
  audioCodec: null,
  rates: NO_RATES,
};

async function readAudio(reader: OrderedReader, container: string): Promise<AudioFile> {
  switch (container) {
    case 'mp3':
      return readMp3(reader);
    case 'aac':
      return readAdts(reader);
    case 'flac':
      return readFlac(reader);
    case 'ogg':
      return readOgg(reader);
    case 'wav':
      return readWav(reader);
    default:
      throw new Error(`no reader for ${container}`);
  }
}

function audioFacts(container: string, { codec, durationSeconds }: AudioFile): CheckedFacts {
  if (!(durationSeconds >= LEAST_SECONDS)) throw new JobFailure('media_unreadable');
  return { ...NOTHING, container, durationSeconds: round(durationSeconds), audioCodec: codec };
}

async function readIsoFacts(
  reader: OrderedReader,
  container: string,
  holdHeader: HoldHeader,
): Promise<CheckedFacts> {
  const { header, ends, samples, promisedSeconds } = await readIsoBmff(reader, holdHeader);
  const end = Math.max(0, ...ends.values());
  checkPromise(end, promisedSeconds);
  const tracks = (await parseTracks(header)).filter(({ id }) => ends.has(id));
  return { ...trackFacts(container, tracks, end), rates: isoRates(tracks, samples) };
}

/** Of the first track of each kind, by its samples. */
export function isoRates(tracks: Track[], samples: IsoFile['samples']): TrackRates {
  const of = (kind: 'video' | 'audio') => {
    const id = tracks.find((track) => track.kind === kind)?.id ?? -1;
    const { count = 0, bytes = 0, seconds = 0 } = samples.get(id) ?? {};
    // QuickTime states a size of one byte for sound whose real size only the codec tells.
    return { frames: frameRate(count, seconds), bits: bytes > count ? bitRate(bytes, seconds) : null };
  };
  const video = of('video');
  return {
    framesPerSecond: video.frames,
    videoBitsPerSecond: video.bits,
    audioBitsPerSecond: of('audio').bits,
  };
}

async function readMatroskaFacts(reader: OrderedReader, container: string): Promise<CheckedFacts> {
  const { header, realSeconds, promisedSeconds } = await readMatroska(reader);
  checkPromise(realSeconds, promisedSeconds);
  const facts = trackFacts(container, await parseTracks(header), promisedSeconds ?? realSeconds);
  return { ...facts, rates: { ...NO_RATES, framesPerSecond: statedFrameRate(header) } };
}

async function readTransportFacts(reader: OrderedReader): Promise<CheckedFacts> {
  const { streams, durationSeconds, head } = await readMpegTs(reader);
  // For other codecs the library cannot read a size, and prints a note.
  const isKnown = streams.some((stream) => stream.codec === 'avc' || stream.codec === 'hevc');
  const tracks = isKnown ? await parseTracks(head).catch(() => []) : [];
  const codec = (kind: 'video' | 'audio'): string | null =>
    streams.find((s) => s.kind === kind)?.codec ?? null;
  return {
    container: 'mpegts',
    durationSeconds: round(durationSeconds),
    ...sizeOf(tracks),
    videoCodec: codec('video'),
    audioCodec: codec('audio'),
    rates: NO_RATES,
  };
}

function trackFacts(container: string, tracks: Track[], durationSeconds: number): MediaFacts {
  if (tracks.length === 0 || !(durationSeconds >= LEAST_SECONDS)) throw new JobFailure('media_unreadable');
  return { ...factsOfTracks(container, tracks), durationSeconds: round(durationSeconds) };
}

/** Facts without a duration. */
export function factsOfTracks(container: string, tracks: Track[]): MediaFacts {
  const codec = (kind: 'video' | 'audio'): string | null =>
    tracks.find((t) => t.kind === kind)?.codec ?? null;
  return {
    container,
    durationSeconds: null,
    ...sizeOf(tracks),
    videoCodec: codec('video'),
    audioCodec: codec('audio'),
  };
}

function sizeOf(tracks: Track[]): Pick<MediaFacts, 'width' | 'height'> {
  const video = tracks.find(({ kind }) => kind === 'video');
  return { width: video?.width ?? null, height: video?.height ?? null };
}

/**
 * A file that ends before the duration in its header was cut between two of its parts. Headers are rounded, and tracks
 * end at different times, so the tolerance is 2 s and 2 %.
 */
function checkPromise(realSeconds: number, promisedSeconds: number | null): void {
  if (promisedSeconds !== null && realSeconds + 2 < promisedSeconds * 0.98) {
    throw new JobFailure('media_truncated', `${round(realSeconds)} of ${round(promisedSeconds)} s`);
  }
}

/** Rounds to milliseconds. */
function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
