/** Describes a direct file by its first bytes and a few ranges around its index. */
import type { Description, Estimate, SourceMetadata } from '../../../worker/contract/downloader/metadata.ts';
import type { MediaFormat } from '../../../worker/contract/choice/media-format.ts';
import { attempt } from '../../attempt.ts';
import { refuseLarge, refuseLong } from '../../hard-stops.ts';
import { choiceOf, type JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';
import { quickFacts } from '../../media/quick-facts.ts';
import { memoryReader, type RandomReader } from '../../media/reader.ts';
import type { SniffedMedia } from '../../media/sniff.ts';
import { ratesOf, type CheckedFacts } from '../../track-rates.ts';
import { estimateSize } from '../files/estimate-size.ts';
import { createRangeReader } from '../http/range-reader.ts';
import { folderNeed } from './direct-choice.ts';
import { HEAD_RANGE, recognize, type DirectPage } from './direct.ts';
import { describe, takenBy, type DirectDeps, type Opened } from './opened.ts';
import { probeSource } from './probe-source.ts';

/** The index of a film of four hours has about 16 MiB. What needs more is described without it. */
const MAX_PROBED_BYTES = 20 * 1024 * 1024;
/** Bytes that are read from the start of a file whose server knows no ranges. */
const MAX_HEAD_BYTES = 1024 * 1024;

export type DirectDescription = { kind: 'described'; description: Description } | DirectPage;

/** Never reads the media itself. Throws JobFailure as `openDirect` does. */
export async function describeDirect(job: JobContext, deps: DirectDeps): Promise<DirectDescription> {
  const opened = await recognize(job, deps, HEAD_RANGE);
  if ('kind' in opened) return opened;
  const { reader, sizeBytes } = await readerOf(job, deps, opened);
  const facts = await factsOf(job, reader, opened.sniffed);
  opened.first.body.cancel();
  const metadata = toMetadata(job, deps, opened, { facts, sizeBytes });
  const source = takenBy(opened, ', whose headers were read');
  return { kind: 'described', description: { metadata, source } };
}

interface Reachable {
  /** Null when nothing beyond the first bytes can be read. */
  reader: RandomReader | null;
  sizeBytes: number | null;
}

async function readerOf(job: JobContext, deps: DirectDeps, opened: Opened): Promise<Reachable> {
  const { first, sizeBytes, head } = opened;
  const { signal } = job;
  const onBytes = (bytes: number): void => {
    job.progress.bytesDone += bytes;
    job.traffic.bytesIn += bytes;
  };
  onBytes(head.byteLength);
  if (first.status === 206 && sizeBytes !== null) {
    const { agent, idleTimeoutMs } = deps;
    const { url } = first;
    const source = probeSource({ agent, url, sizeBytes, idleTimeoutMs, maxBytes: MAX_PROBED_BYTES, onBytes });
    return { reader: createRangeReader(source, head, signal), sizeBytes };
  }
  const { bytes, ended } = await first.body.peek(Math.min(sizeBytes ?? MAX_HEAD_BYTES, MAX_HEAD_BYTES));
  if (ended || bytes.byteLength === sizeBytes)
    return { reader: memoryReader(bytes), sizeBytes: bytes.byteLength };
  return { reader: sizeBytes === null ? null : beginningOf(bytes, sizeBytes), sizeBytes };
}

/** A file of this size of which only the beginning can be read. */
function beginningOf(bytes: Uint8Array, sizeBytes: number): RandomReader {
  return {
    sizeBytes,
    read: async (start, end) => {
      if (end > bytes.byteLength) throw new JobFailure('media_unreadable', 'the server knows no ranges');
      return bytes.subarray(start, end);
    },
  };
}

/** Null when its headers cannot be read, which an import would find out. */
async function factsOf(
  { signal, touch, budget }: JobContext,
  reader: RandomReader | null,
  sniffed: SniffedMedia,
): Promise<CheckedFacts | null> {
  if (reader === null) return null;
  try {
    return await quickFacts(reader, sniffed, { signal, headers: { gate: budget.headerGate, touch } });
  } catch (error) {
    if (error instanceof JobFailure && error.failure.code.startsWith('media_')) return null;
    throw error;
  }
}

interface Found {
  facts: CheckedFacts | null;
  sizeBytes: number | null;
}

function toMetadata(job: JobContext, deps: DirectDeps, opened: Opened, found: Found): SourceMetadata {
  const durationSeconds = found.facts?.durationSeconds ?? null;
  const common = { durationSeconds, thumbnail: null, uploader: null, sourceId: null, chapters: [] };
  const { title } = describe(opened);
  if (job.command.kind === 'basic_metadata') return { title, ...common, formats: [], estimate: null };
  const format = toFormat(opened.sniffed, found);
  return {
    title,
    ...common,
    formats: [format],
    estimate: estimateOf(job, deps, opened.sniffed, { ...found, format }),
  };
}

/** Without facts, its type tells which tracks it may have. */
function toFormat({ contentType, extension, probe }: SniffedMedia, { facts, sizeBytes }: Found): MediaFormat {
  const rates = facts && ratesOf(facts, sizeBytes ?? 0);
  const isPicture = probe === 'picture';
  const seconds = facts?.durationSeconds ?? null;
  return {
    id: 'source',
    hasVideo: isPicture || (facts ? facts.videoCodec !== null : !contentType.startsWith('audio/')),
    hasAudio: !isPicture && (facts ? facts.audioCodec !== null : true),
    videoCodec: facts?.videoCodec ?? null,
    audioCodec: facts?.audioCodec ?? null,
    extension,
    width: facts?.width ?? null,
    height: facts?.height ?? null,
    framesPerSecond: rates?.framesPerSecond ?? null,
    bitsPerSecond: sizeBytes && seconds ? Math.max(1, Math.round((sizeBytes * 8) / seconds)) : null,
    videoBitsPerSecond: rates?.videoBitsPerSecond ?? null,
    audioBitsPerSecond: rates?.audioBitsPerSecond ?? null,
    sizeBytes,
    estimatedBytes: null,
    isSegmented: false,
    languagePreference: 0,
    isLastResort: false,
  };
}

function estimateOf(
  job: JobContext,
  { tools }: DirectDeps,
  sniffed: SniffedMedia,
  { facts, sizeBytes, format }: Found & { format: MediaFormat },
): Estimate {
  const choice = choiceOf(job);
  const { limits } = job.command;
  const size = estimateSize([format], choice, facts?.durationSeconds ?? null);
  const { failure } = attempt(() => {
    const need = folderNeed(choice, sniffed);
    if (facts && choice.includeVideo === false && !format.hasAudio) throw new JobFailure('no_audio_track');
    if (facts && choice.includeAudio === false && !format.hasVideo) throw new JobFailure('no_video_track');
    if (need === 'required' && tools.ffmpeg === null) throw new JobFailure('converter_unavailable');
    if (need === 'required') refuseLarge(sizeBytes ?? 0, { maxBytes: job.budget.maxPageBytes });
    refuseLarge(sizeBytes ?? 0, { maxBytes: limits.maxBytes });
    refuseLarge(size.bytes ?? 0, limits);
    refuseLong(facts?.durationSeconds, limits);
  });
  return { formatIds: [format.id], ...size, refusal: failure };
}
