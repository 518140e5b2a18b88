/** GET for sources: no content coding, own handling of redirects, and a pushed body. Every hop uses the guarded agent. */
import { errors } from 'undici';
import { JobFailure } from '../../job-failure.ts';
import type { AnswerHead } from '../../net/http1/answer-head.ts';
import type { AnswerHandler, Exchange, HttpClient } from '../../net/http1/exchange.ts';
import { mapNetworkError } from '../../net/network-error.ts';
import { HttpBody } from './http-body.ts';

/** Maximum number of redirects: real chains have fewer than five. */
const MAX_REDIRECTS = 10;
/** Milliseconds to the head of an answer, as the connector's own limits assume. */
const HEADERS_TIMEOUT_MS = 30_000;
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);
/** Codes of the client and of Node for a connection that ended in the middle of a body. */
const BROKEN_CODES = new Set([
  'UND_ERR_SOCKET',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

export interface HttpResponse {
  /** Where the answer came from, after redirects. */
  url: URL;
  status: number;
  /** By lower-case name; repeated fields are joined with a comma. */
  headers: Map<string, string>;
  body: HttpBody;
}

export interface GetOptions {
  agent: HttpClient;
  url: URL;
  /** Additional headers. */
  headers?: Record<string, string>;
  /** Longest silence inside a body, in milliseconds; a paused reader does not count. */
  idleTimeoutMs: number;
  signal: AbortSignal;
}

/** GET that follows redirects. Throws JobFailure `source_*`, or the reason of `signal`. */
export async function getFollowing(options: GetOptions): Promise<HttpResponse> {
  let { url } = options;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const response = await get({ ...options, url });
    if (!REDIRECT_STATUSES.has(response.status)) return response;
    response.body.cancel();
    url = redirectTarget(response);
  }
  throw new JobFailure('source_redirects', `more than ${MAX_REDIRECTS} redirects`);
}

function redirectTarget({ url, headers }: HttpResponse): URL {
  const target = URL.parse(withBytesEscaped(headers.get('location') ?? ''), url.href);
  if (!headers.has('location') || !target) throw new JobFailure('source_redirects', 'no usable Location');
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw new JobFailure('source_redirects', `redirect to ${target.protocol}`);
  }
  // A redirect must not add credentials.
  target.username = '';
  target.password = '';
  return target;
}

/** Many servers send UTF-8 as it is. The header was read as Latin-1, and URLs escape bytes. */
function withBytesEscaped(location: string): string {
  return location.replaceAll(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
}

/** One GET, answered by whatever status. Throws JobFailure `source_*`, or the reason of `signal`. */
export function get({ agent, url, headers, idleTimeoutMs, signal }: GetOptions): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const answer = new Answer({ url, signal, resolve, reject });
    const request = {
      method: 'GET',
      url,
      headers: {
        accept: '*/*',
        // Only without a content coding do ranges and lengths refer to the file.
        'accept-encoding': 'identity',
        'user-agent': 'importly-open/0.1',
        ...headers,
      },
      headersTimeoutMs: HEADERS_TIMEOUT_MS,
      idleTimeoutMs,
    };
    answer.exchange = agent.send(request, answer);
  });
}

interface Waiting {
  url: URL;
  signal: AbortSignal;
  resolve: (response: HttpResponse) => void;
  reject: (error: Error) => void;
}

class Answer implements AnswerHandler {
  #waiting: Waiting;
  #body: HttpBody | null = null;
  exchange: Exchange | null = null;

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
    waiting.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  #onAbort = (): void => {
    this.exchange?.abort();
    this.#finish(this.#waiting.signal.reason as Error);
  };

  #finish(error: Error | null): void {
    this.#waiting.signal.removeEventListener('abort', this.#onAbort);
    if (this.#body) this.#body.end(error);
    else if (error) this.#waiting.reject(error);
  }

  onHead({ status, headers }: AnswerHead): void {
    if (!this.exchange) throw new Error('an answer came before its request');
    this.#body = new HttpBody(this.exchange);
    const { url, resolve } = this.#waiting;
    resolve({ url, status, headers, body: this.#body });
  }

  onChunk(chunk: Buffer): void {
    this.#body?.push(chunk);
  }

  room(): Buffer | null {
    return this.#body?.room() ?? null;
  }

  onEnd(): void {
    this.#finish(null);
  }

  onError(error: Error): void {
    this.#finish(this.#toFailure(error));
  }

  #toFailure(error: Error): Error {
    if (error instanceof JobFailure) return error;
    const code = 'code' in error ? String(error.code) : '';
    const isBroken = BROKEN_CODES.has(code) || error instanceof errors.HTTPParserError;
    if (this.#body && isBroken) {
      return new JobFailure('source_truncated', 'the connection ended inside the file', { cause: error });
    }
    return mappedOrSame(error);
  }
}

/** Returns a bug instead of throwing it, since nobody would catch it here. */
function mappedOrSame(error: Error): Error {
  try {
    return mapNetworkError(error, 'source');
  } catch {
    return error;
  }
}
