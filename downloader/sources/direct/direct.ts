/** A direct file: one GET decides, by its answer and its first bytes. Never HEAD: too many servers answer it wrongly. */
import type { JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';
import type { Content } from '../../content.ts';
import { isMedia, sniff, type Sniffed } from '../../media/sniff.ts';
import { contentCoding } from '../../net/content-coding.ts';
import { contentLength, failureOfStatus, parseContentRange, validatorOf } from '../http/http-answer.ts';
import { getFollowing, type HttpResponse } from '../http/http-get.ts';
import { contentOf } from './direct-content.ts';
import { needsOneConnection, type DirectDeps, type FirstAnswer, type Opened } from './opened.ts';

/** Bytes that are read to recognize the file: 4,100 are needed, and one read brings up to 64 KiB. */
const HEAD_BYTES = 64 * 1024;

/**
 * `page`: the answer is not a media file, so yt-dlp is tried; `reason` says why in one sentence. `otherwise` is the
 * failure to report when yt-dlp has no specific one.
 */
export type DirectOutcome = { kind: 'content'; content: Content } | DirectPage;
export interface DirectPage {
  kind: 'page';
  reason: string;
  otherwise: JobFailure | null;
}

/** Opens the job's URL. Throws JobFailure `source_*`, `not_media`, `media_*`, or the reason of the job's signal. */
export async function openDirect(job: JobContext, deps: DirectDeps): Promise<DirectOutcome> {
  const opened = await recognize(job, deps, 'bytes=0-');
  if ('kind' in opened) return opened;
  const { sizeBytes } = opened;
  const { maxBytes } = job.command.limits;
  if (sizeBytes !== null && sizeBytes > maxBytes)
    throw new JobFailure('source_too_large', `${sizeBytes} bytes`);
  job.progress.stage = 'downloading';
  job.progress.bytesTotal = sizeBytes;
  return { kind: 'content', content: await contentOf(job, deps, opened) };
}

/** Range headers for a whole file, and for the bytes that are needed to recognize it. */
export type FirstRange = 'bytes=0-' | typeof HEAD_RANGE;
export const HEAD_RANGE = `bytes=0-${HEAD_BYTES - 1}` as const;

/** Asks for the URL of the job and looks at the first bytes. Throws JobFailure `source_*` or `not_media`. */
export async function recognize(
  job: JobContext,
  deps: DirectDeps,
  range: FirstRange,
): Promise<Opened | DirectPage> {
  const opened = await openFirst(job, deps, range);
  if ('kind' in opened) return opened;
  const { first, sizeBytes } = opened;
  const coding = contentCoding(first.headers.get('content-encoding'));
  if (coding) return encodedAnswer(first, coding);
  if (sizeBytes === 0) throw new JobFailure('source_empty');
  const { bytes: head } = await first.body.peek(Math.min(sizeBytes ?? HEAD_BYTES, HEAD_BYTES));
  if (head.byteLength === 0) throw new JobFailure('source_empty');
  const sniffed = await sniff(head);
  if (!isMedia(sniffed)) return notAFile(first, sniffed);
  return { ...opened, sniffed, head };
}

/** Statuses of bot walls, which yt-dlp may pass. */
const WALL_STATUSES = new Set([401, 403, 429, 503]);

async function openFirst(
  job: JobContext,
  deps: DirectDeps,
  asRange: FirstRange,
): Promise<FirstAnswer | DirectPage> {
  const oneConnection = needsOneConnection(job);
  const asked = await open(job, deps, oneConnection ? {} : { range: asRange });
  const first = isAsAsked(asked, asRange) ? asked : await openAgain(job, deps, asked);
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
  if (!range) {
    const validator = oneConnection && acceptsRanges(first) ? validatorOf(first.headers) : null;
    return { first, sizeBytes: contentLength(first.headers), validator };
  }
  return { first, sizeBytes: range.totalBytes, validator: validatorOf(first.headers) };
}

/** True when the answer to a plain GET offers ranges, with which the source can continue after a break. */
function acceptsRanges({ headers }: HttpResponse): boolean {
  return headers.get('accept-ranges')?.trim().toLowerCase() === 'bytes';
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

/** False for a 206 that is not exactly what was asked for, and for a 416 that does not say that the file is empty. */
function isAsAsked({ status, headers }: HttpResponse, asked: FirstRange): boolean {
  if (status === 206) {
    const range = parseContentRange(headers.get('content-range'));
    const isHead = asked === HEAD_RANGE && range?.end === HEAD_BYTES - 1;
    return range?.start === 0 && (isHead || range.end === range.totalBytes - 1);
  }
  return status !== 416;
}

/** Repeats the request without Range, for servers that limit ranges or count them wrongly. */
async function openAgain(job: JobContext, deps: DirectDeps, refused: HttpResponse): Promise<HttpResponse> {
  refused.body.cancel();
  if (/^bytes \*\/0$/.test(refused.headers.get('content-range') ?? '')) throw new JobFailure('source_empty');
  return open(job, deps, {});
}

/** Some servers compress every answer. yt-dlp reads such pages; a compressed file has neither a known length nor ranges. */
function encodedAnswer(first: HttpResponse, coding: string): DirectPage {
  first.body.cancel();
  if (isHtml(first)) return { kind: 'page', reason: 'The URL answered with a page.', otherwise: null };
  throw new JobFailure('source_rejected', `the source compresses the file with ${coding}`);
}

function isHtml({ headers }: HttpResponse): boolean {
  return /^(?:text\/html|application\/xhtml\+xml)\b/i.test(headers.get('content-type') ?? '');
}

function notAFile(first: HttpResponse, sniffed: Sniffed): DirectPage {
  first.body.cancel();
  const { kind, extension } = sniffed;
  const failure = new JobFailure('not_media', `the file is of type ${extension}`);
  if (kind === 'page') return { kind: 'page', reason: 'The URL answered with a page.', otherwise: null };
  if (kind === 'playlist')
    return { kind: 'page', reason: 'The URL answered with a playlist.', otherwise: null };
  // Some sites answer programs with JSON or plain text where browsers get a page.
  if (extension === 'txt') return { kind: 'page', reason: 'The URL answered with text.', otherwise: failure };
  throw failure;
}
