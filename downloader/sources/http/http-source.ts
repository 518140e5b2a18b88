/** Reads a file behind a URL: by ranges, or in order. Continues after a broken connection, in the same version. */
import { backoffMs, pause } from '../../backoff.ts';
import { JobFailure } from '../../job-failure.ts';
import type { ByteSource, OnChunk, PartLender, ReadHints, Room } from '../../content.ts';
import { contentCoding } from '../../net/content-coding.ts';
import type { HttpClient } from '../../net/http1/exchange.ts';
import type { HostConnections } from '../../budget/host-connections.ts';
import type { HttpBody } from './http-body.ts';
import { getFollowing, type HttpResponse } from './http-get.ts';
import { contentLength, failureOfStatus, parseContentRange, validatorOf } from './http-answer.ts';

/** Tries in a row without `PROGRESS_BYTES` of progress before a broken source is given up. */
const MAX_TRIES = 5;
/** Bytes that count as progress between two breaks, so that a server that breaks every few KiB cannot hold a job. */
const PROGRESS_BYTES = 1024 * 1024;
/** Connections of one reading, as browsers open to a host. More pay only where latency is high. */
const MAX_CONNECTIONS = 6;
/** Milliseconds of silence after which a connection that can be continued is given up, unless the stall limit is short. */
const MAX_SILENCE_MS = 20_000;
const RESUMABLE = new Set([
  'source_truncated',
  'source_unreachable',
  'source_timeout',
  'source_unavailable',
  'source_rate_limited',
  'source_stalled',
]);

export interface HttpSourceOptions {
  agent: HttpClient;
  /** The original URL, which is used again when the target of a redirect has expired. */
  url: URL;
  /** The answer that decided: it continues as the first read. Null when the first read sends a GET of its own. */
  first: HttpResponse | null;
  sizeBytes: number | null;
  /** ETag or Last-Modified of a source that serves ranges; null for one that cannot continue where it broke. */
  validator: string | null;
  /** One connection that reads from start to end. */
  inOrder: boolean;
  /** Milliseconds of silence that end a transfer. A transfer that can continue is repeated earlier. */
  idleTimeoutMs: number;
  /** The connections of all jobs; absent for a source that has only one. */
  hosts?: HostConnections;
}

interface Reading {
  start: number;
  end: number | null;
  onChunk: OnChunk;
  signal: AbortSignal;
  hints: ReadHints;
}

/** Ranges need a validator: without one, bytes of two versions could be mixed. */
export class HttpSource implements ByteSource {
  readonly sizeBytes: number | null;
  readonly maxLanes: number;
  #options: HttpSourceOptions;
  #first: HttpResponse | null;
  #finalUrl: URL;

  constructor(options: HttpSourceOptions) {
    this.sizeBytes = options.sizeBytes;
    this.maxLanes = options.validator && !options.inOrder ? MAX_CONNECTIONS : 1;
    this.#options = options;
    this.#first = options.first;
    this.#finalUrl = options.first?.url ?? options.url;
  }

  hasRoom(): boolean {
    return this.#options.hosts?.hasRoom(this.#finalUrl.host, this) ?? true;
  }

  readAhead(lender: PartLender): () => void {
    const body = this.#first?.body;
    body?.readAhead(lender);
    return () => body?.stopAhead();
  }

  async read(
    start: number,
    end: number | null,
    onChunk: OnChunk,
    signal: AbortSignal,
    hints: ReadHints = {},
  ): Promise<void> {
    const leave = this.#options.hosts?.add(this.#finalUrl.host, this);
    try {
      await this.#readOn({ start, end, onChunk, signal, hints });
    } finally {
      leave?.();
    }
  }

  async #readOn({ start, end, onChunk, signal, hints }: Reading): Promise<void> {
    const stop = end ?? this.sizeBytes;
    let position = start;
    let tries = 0;
    let lastBreak = start;
    let broken: JobFailure | null = null;
    const counting: OnChunk = (chunk) => {
      position += chunk.byteLength;
      if (stop !== null && position > stop)
        throw new JobFailure('source_changed', 'the source sends more bytes than it announced');
      return onChunk(chunk);
    };
    for (;;) {
      if (stop !== null && position >= stop) return;
      try {
        const response = await this.#open(position, stop, signal);
        const maxBytes = this.#mostBytes(response, position, stop);
        await this.#consume(response, counting, { maxBytes, signal, room: hints.room });
        if (stop === null) return;
        if (position < stop) throw new JobFailure('source_truncated', `${position} of ${stop} bytes`);
      } catch (error) {
        signal.throwIfAborted();
        if (hints.isExtra && position === start) throw error;
        tries = position - lastBreak >= PROGRESS_BYTES ? 1 : tries + 1;
        lastBreak = position;
        if (!this.#mayResume(error, position)) throw broken && !isChanged(error) ? broken : error;
        if (tries >= MAX_TRIES) throw error;
        broken = error;
        await pause(backoffMs(tries), signal);
      }
    }
  }

  /** A transfer that has delivered nothing can start again without a validator. */
  #mayResume(error: unknown, position: number): error is JobFailure {
    const canContinue = this.#options.validator !== null || position === 0;
    return canContinue && error instanceof JobFailure && RESUMABLE.has(error.failure.code);
  }

  /** The bytes to read from an answer. A whole file without a length is read to its end, which shows whether it has become longer. */
  #mostBytes({ status, headers }: HttpResponse, position: number, stop: number | null): number {
    const isOpenEnded = status === 200 && contentLength(headers) === null && stop === this.sizeBytes;
    return stop === null || isOpenEnded ? Infinity : stop - position;
  }

  async #consume(
    { body, headers }: HttpResponse,
    onChunk: OnChunk,
    { maxBytes, signal, room }: { maxBytes: number; signal: AbortSignal; room: Room | undefined },
  ): Promise<void> {
    const stop = () => body.cancel();
    const silence = this.#watchSilence(body, onChunk);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const isExact = contentLength(headers) === maxBytes;
      await body.consume(silence.onChunk, { maxBytes, isExact, ...(room && { room }) });
      signal.throwIfAborted();
    } finally {
      silence.stop();
      signal.removeEventListener('abort', stop);
      body.cancel();
    }
  }

  /** Ends a silent connection early when the source can continue with a new one. */
  #watchSilence(body: HttpBody, onChunk: OnChunk): { onChunk: OnChunk; stop: () => void } {
    if (this.#options.validator === null) return { onChunk, stop: () => undefined };
    const silenceMs = Math.min(MAX_SILENCE_MS, this.#options.idleTimeoutMs / 2);
    const giveUp = () => body.cancel(new JobFailure('source_stalled', `no byte for ${silenceMs} ms`));
    let timer = setTimeout(giveUp, silenceMs);
    const watched: OnChunk = (chunk) => {
      timer.refresh();
      const held = onChunk(chunk);
      if (!held) return;
      // While we hold the source back, it cannot send.
      clearTimeout(timer);
      return held.then(() => {
        timer = setTimeout(giveUp, silenceMs);
      });
    };
    return { onChunk: watched, stop: () => clearTimeout(timer) };
  }

  async #open(position: number, stop: number | null, signal: AbortSignal): Promise<HttpResponse> {
    const first = this.#first;
    if (first && position === 0) {
      this.#first = null;
      return first;
    }
    if (position === 0 && this.maxLanes === 1) return this.#openWhole(signal);
    if (this.#options.validator !== null && stop !== null) return this.#openRange(position, stop, signal);
    throw new JobFailure('source_truncated', 'the source cannot continue where it broke');
  }

  async #get(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<HttpResponse> {
    const { agent, idleTimeoutMs } = this.#options;
    return getFollowing({ agent, url, headers, idleTimeoutMs, signal });
  }

  /** Asks where the last answer came from; when that refuses (a signed target expires), once from the start of the redirects. */
  async #openRange(position: number, stop: number, signal: AbortSignal): Promise<HttpResponse> {
    const headers = { range: `bytes=${position}-${stop - 1}`, 'if-range': this.#options.validator ?? '' };
    let response = await this.#get(this.#finalUrl, headers, signal);
    if ([401, 403, 404, 410].includes(response.status) && this.#finalUrl.href !== this.#options.url.href) {
      response.body.cancel();
      response = await this.#get(this.#options.url, headers, signal);
    }
    try {
      this.#checkRange(response, position, stop);
    } catch (error) {
      response.body.cancel();
      throw error;
    }
    this.#finalUrl = response.url;
    return response;
  }

  #checkRange(response: HttpResponse, position: number, stop: number): void {
    const failure = refusalOf(response);
    if (failure) throw failure;
    if (response.status !== 206) {
      throw new JobFailure('source_changed', 'a range was answered with the whole file');
    }
    const range = parseContentRange(response.headers.get('content-range'));
    if (validatorOf(response.headers) !== this.#options.validator || range?.totalBytes !== this.sizeBytes) {
      throw new JobFailure('source_changed', 'another version was served');
    }
    if (range?.start !== position || range.end !== stop - 1) {
      throw new JobFailure('source_rejected', 'a range was answered with another one');
    }
  }

  async #openWhole(signal: AbortSignal): Promise<HttpResponse> {
    const response = await this.#get(this.#options.url, {}, signal);
    const failure = refusalOf(response) ?? this.#changed(response);
    if (!failure) return response;
    response.body.cancel();
    throw failure;
  }

  /** Without a first answer there is no version to compare with: this answer is read from start to end. */
  #changed({ headers }: HttpResponse): JobFailure | null {
    const first = this.#options.first?.headers;
    const lengthBytes = contentLength(headers);
    const isSame = first
      ? validatorOf(headers) === validatorOf(first) && lengthBytes === contentLength(first)
      : lengthBytes === this.sizeBytes || lengthBytes === null;
    return isSame ? null : new JobFailure('source_changed', 'another version was served');
  }
}

/** After a break, only this failure is more specific than the break itself. */
function isChanged(error: unknown): boolean {
  return error instanceof JobFailure && error.failure.code === 'source_changed';
}

function refusalOf({ status, headers }: HttpResponse): JobFailure | null {
  const coding = contentCoding(headers.get('content-encoding'));
  return (
    failureOfStatus(status) ?? (coding ? new JobFailure('source_rejected', `it came with ${coding}`) : null)
  );
}
