/** A direct file: one GET decides, by what the answer says and by its first bytes. Never HEAD: too many servers answer it wrongly. */
import type { Dispatcher } from 'undici';
import { SINGLE_PUT_MAX_BYTES } from '../../../worker/contract/downloader/upload-plan.ts';
import type { JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';
import { checkMedia } from '../../media/check.ts';
import { memoryReader } from '../../media/reader.ts';
import { isMedia, sniff, type Sniffed, type SniffedMedia } from '../../media/sniff.ts';
import type { Tools } from '../../process/tools.ts';
import type { ByteSource, Content, OnChunk } from '../../content.ts';
import { memorySource } from './memory-source.ts';
import { inspectByRanges, inspectInOrder, needsOrder } from './direct-inspection.ts';
import { directTitle } from './direct-title.ts';
import {
  contentCoding,
  contentLength,
  failureOfStatus,
  parseContentRange,
  validatorOf,
} from '../http/http-answer.ts';
import { getFollowing, type HttpResponse } from '../http/http-get.ts';
import { HttpSource } from '../http/http-source.ts';

/** First bytes to look at: sniffing needs 4,100; one 64 KiB read brings them anyway. */
const HEAD_BYTES = 64 * 1024;

export interface DirectDeps {
  agent: Dispatcher;
  tools: Tools;
  /** Milliseconds of silence that end a transfer. */
  idleTimeoutMs: number;
}

/**
 * `page` means: not a file itself, so yt-dlp is to be asked; `reason` says why in one sentence. `otherwise` is the
 * failure when yt-dlp has nothing specific to say either.
 */
export type DirectOutcome =
  { kind: 'content'; content: Content } | { kind: 'page'; reason: string; otherwise: JobFailure | null };

/** Opens the job's URL. Throws JobFailure `source_*`, `not_media`, `media_*`, or the reason of the job's signal. */
export async function openDirect(job: JobContext, deps: DirectDeps): Promise<DirectOutcome> {
  const opened = await openFirst(job, deps);
  if ('kind' in opened) return opened;
  const { first, sizeBytes, validator } = opened;
  const coding = contentCoding(first.headers);
  if (coding) return encodedAnswer(first, coding);
  const { maxBytes } = job.command.limits;
  if (sizeBytes === 0) throw new JobFailure('source_empty');
  if (sizeBytes !== null && sizeBytes > maxBytes)
    throw new JobFailure('source_too_large', `${sizeBytes} bytes`);
  const { bytes: head } = await first.body.peek(Math.min(sizeBytes ?? HEAD_BYTES, HEAD_BYTES));
  if (head.byteLength === 0) throw new JobFailure('source_empty');
  const sniffed = await sniff(head);
  if (!isMedia(sniffed)) return notAFile(first, sniffed);
  job.progress.stage = 'downloading';
  job.progress.bytesTotal = sizeBytes;
  const content = await contentOf(job, deps, { first, sizeBytes, validator, sniffed, head });
  return { kind: 'content', content };
}

interface First {
  first: HttpResponse;
  sizeBytes: number | null;
  /** Null when the source cannot be read by ranges. */
  validator: string | null;
}

/** Statuses that sites give to programs, and yet not to yt-dlp: bot walls. */
const WALL_STATUSES = new Set([401, 403, 429, 503]);

async function openFirst(job: JobContext, deps: DirectDeps): Promise<First | DirectOutcome> {
  const ranged = await open(job, deps, { range: 'bytes=0-' });
  const first = isWholeOrFailure(ranged) ? ranged : await openAgain(job, deps, ranged);
  const failure = failureOfStatus(first.status);
  if (failure) {
    first.body.cancel();
    if (WALL_STATUSES.has(first.status) && isHtml(first)) {
      return {
        kind: 'page',
        reason: `The URL answered with a page (HTTP ${first.status}).`,
        otherwise: failure,
      };
    }
    throw failure;
  }
  const range = first.status === 206 ? parseContentRange(first.headers.get('content-range')) : null;
  if (!range) return { first, sizeBytes: contentLength(first.headers), validator: null };
  return { first, sizeBytes: range.totalBytes, validator: validatorOf(first.headers) };
}

async function open(
  job: JobContext,
  deps: DirectDeps,
  headers: Record<string, string>,
): Promise<HttpResponse> {
  const url = new URL(job.command.source.url);
  const { agent, idleTimeoutMs } = deps;
  return getFollowing({ agent, url, headers, idleTimeoutMs, signal: job.signal });
}

/** False for a 206 that is not exactly the whole file, and for a 416 that does not say that the file is empty. */
function isWholeOrFailure({ status, headers }: HttpResponse): boolean {
  if (status === 206) {
    const range = parseContentRange(headers.get('content-range'));
    return range !== null && range.start === 0 && range.end === range.totalBytes - 1;
  }
  return status !== 416;
}

/** Without Range: servers that cap ranges or count them wrongly still serve the whole. */
async function openAgain(job: JobContext, deps: DirectDeps, refused: HttpResponse): Promise<HttpResponse> {
  refused.body.cancel();
  if (/^bytes \*\/0$/.test(refused.headers.get('content-range') ?? '')) throw new JobFailure('source_empty');
  return open(job, deps, {});
}

/** Some servers compress every answer. yt-dlp reads such pages; a compressed file has no length and no ranges of its own. */
function encodedAnswer(first: HttpResponse, coding: string): DirectOutcome {
  first.body.cancel();
  if (isHtml(first)) return { kind: 'page', reason: 'The URL answered with a page.', otherwise: null };
  throw new JobFailure('source_rejected', `the source compresses the file with ${coding}`);
}

function isHtml({ headers }: HttpResponse): boolean {
  return /^(?:text\/html|application\/xhtml\+xml)\b/i.test(headers.get('content-type') ?? '');
}

function notAFile(first: HttpResponse, sniffed: Sniffed): DirectOutcome {
  first.body.cancel();
  const { kind, extension } = sniffed;
  const failure = new JobFailure('not_media', `the file is of type ${extension}`);
  if (kind === 'page') return { kind: 'page', reason: 'The URL answered with a page.', otherwise: null };
  if (kind === 'playlist')
    return { kind: 'page', reason: 'The URL answered with a playlist.', otherwise: null };
  // Sites answer programs with JSON or plain words where browsers get a page.
  if (extension === 'txt') return { kind: 'page', reason: 'The URL answered with text.', otherwise: failure };
  throw failure;
}

interface Opened extends First {
  sniffed: SniffedMedia;
  head: Buffer;
}

async function contentOf(job: JobContext, deps: DirectDeps, opened: Opened): Promise<Content> {
  const { first, sniffed } = opened;
  const small = await readSmall(job, deps, opened);
  const described = {
    title: directTitle(first.url, first.headers.get('content-disposition')),
    extension: sniffed.extension,
    contentType: sniffed.contentType,
  };
  const taken = (how: string) => ({
    way: 'direct' as const,
    reason: `The URL answered with a ${sniffed.extension} file${how}.`,
  });
  const tools = { limits: job.command.limits, ffmpeg: deps.tools.ffmpeg };
  if (small) {
    job.progress.stage = 'verifying';
    const facts = await checkMedia(memoryReader(small), sniffed, { ...tools, signal: job.signal });
    const inspect = () => ({ push: null, finish: () => Promise.resolve(facts) });
    return { ...described, source: memorySource(small), taken: taken(''), inspect };
  }
  const source = httpSource(job, deps, opened, needsOrder(sniffed));
  if (source.maxLanes > 1) {
    const inspect = inspectByRanges(source, opened.head, sniffed, tools);
    return { ...described, source, taken: taken(', read by ranges'), inspect };
  }
  const inspect = inspectInOrder(sniffed, tools);
  return { ...described, source, taken: taken(', read in one stream'), inspect };
}

/** The whole file in memory when it is small enough for one PUT; null when it is larger. */
async function readSmall(job: JobContext, deps: DirectDeps, opened: Opened): Promise<Uint8Array | null> {
  const { first, sizeBytes } = opened;
  if (sizeBytes !== null && sizeBytes > SINGLE_PUT_MAX_BYTES) return null;
  if (sizeBytes !== null) {
    const bytes = Buffer.allocUnsafeSlow(sizeBytes);
    await httpSource(job, deps, opened, true).read(0, sizeBytes, copyInto(bytes, job), job.signal);
    return bytes;
  }
  const { bytes, ended } = await first.body.peek(SINGLE_PUT_MAX_BYTES + 1);
  if (!ended || bytes.byteLength > SINGLE_PUT_MAX_BYTES) return null;
  if (bytes.byteLength > job.command.limits.maxBytes) throw new JobFailure('source_too_large');
  job.progress.bytesDone = bytes.byteLength;
  job.progress.bytesTotal = bytes.byteLength;
  return bytes;
}

function copyInto(target: Buffer, { progress }: JobContext): OnChunk {
  return (chunk) => {
    target.set(chunk, progress.bytesDone);
    progress.bytesDone += chunk.byteLength;
  };
}

function httpSource(job: JobContext, deps: DirectDeps, opened: First, inOrder: boolean): ByteSource {
  const url = new URL(job.command.source.url);
  const { agent, idleTimeoutMs } = deps;
  return new HttpSource({ agent, url, ...opened, inOrder, idleTimeoutMs });
}
