/** Forwards one HTTP exchange or one tunnel. node:http parses both sides. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { errors } from 'undici';
import { JobFailure } from '../job-failure.ts';
import { contentCoding } from './content-coding.ts';
import { endToEndHeaders } from './proxy-headers.ts';

/** Milliseconds from a forwarded request to the head of its answer, as for our own requests. */
const HEADERS_TIMEOUT_MS = 30_000;

/** The answer has a content coding, so the client would unpack it. */
export class CodedAnswer extends JobFailure {
  constructor(coding: string) {
    super('source_rejected', `the source compresses its answers with ${coding}`);
  }
}

export interface Exchange {
  /** A connected socket to the host of `url`; used for this exchange alone. */
  socket: Socket;
  url: URL;
  request: IncomingMessage;
  response: ServerResponse;
  /** Called whenever the socket may have received something. */
  onReceived: () => void;
}

/**
 * Forwards `request`, and the answer back. Rejects when the exchange breaks: the client then gets no answer, or a cut
 * one that it recognizes as cut. Rejects with CodedAnswer, before anything is sent back, when the answer has a coding:
 * a thousand bytes can come out of each one that is counted here.
 */
export function forwardRequest({ socket, url, request, response, onReceived }: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    const upstream = httpRequest({
      // One socket for each exchange, so that answers cannot be mixed up.
      createConnection: () => socket,
      method: request.method ?? 'GET',
      path: pathAsSent(request.url ?? ''),
      headers: requestHeaders(url, request),
    });
    const timer = setTimeout(() => upstream.destroy(new errors.HeadersTimeoutError()), HEADERS_TIMEOUT_MS);
    upstream.once('response', (incoming) => {
      clearTimeout(timer);
      incoming.on('data', onReceived);
      const coding = contentCoding(incoming.headers['content-encoding']);
      if (coding !== null && request.method !== 'HEAD') {
        reject(new CodedAnswer(coding));
        upstream.destroy();
        return;
      }
      try {
        response.sendDate = false;
        response.writeHead(incoming.statusCode ?? 502, endToEndHeaders(incoming.rawHeaders).flat());
      } catch (error) {
        upstream.destroy(error as Error);
        return;
      }
      pipeline(incoming, response, (error) => (error ? reject(error) : resolve()));
    });
    pipeline(request, upstream, (error) => error && reject(error));
    response.once('close', () => upstream.destroy());
    upstream.on('error', reject);
    upstream.once('close', () => {
      clearTimeout(timer);
      // An answer that has begun ends on its own. Without an answer, this is the only sign of the end.
      if (!response.headersSent) reject(new errors.SocketError('closed without an answer'));
    });
  });
}

/** The path exactly as the client sent it, since a signature may cover it. */
function pathAsSent(absoluteUrl: string): string {
  const [path = ''] = absoluteUrl.replace(/^http:\/\/[^/?#]*/i, '').split('#', 1);
  return path.startsWith('/') ? path : `/${path}`;
}

/** Headers that do not come from the client. */
const OWN_HEADERS = new Set(['host', 'accept-encoding']);

/**
 * The Host header comes from the URL, not from the request (RFC 9112 §3.2.2). A body keeps its framing. Without
 * Accept-Encoding a server may choose any coding (RFC 9110 §12.5.3), so it names none.
 */
function requestHeaders(url: URL, request: IncomingMessage): string[] {
  const kept = endToEndHeaders(request.rawHeaders).filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()));
  const isChunked = request.headers['transfer-encoding'] !== undefined;
  return [
    ['Host', url.host],
    ...kept,
    ['Accept-Encoding', 'identity'],
    ...(isChunked ? [['Transfer-Encoding', 'chunked']] : []),
    ['Connection', 'close'],
  ].flat();
}

/** Connects a client that sent CONNECT with its target. When one side closes, the other closes after the pending bytes. */
export function joinTunnel(client: Duplex, head: Buffer, upstream: Socket, onReceived: () => void): void {
  if (client.destroyed) {
    upstream.destroy();
    return;
  }
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  upstream.on('data', onReceived);
  if (head.byteLength > 0) upstream.write(head);
  upstream.pipe(client);
  client.pipe(upstream);
  upstream.once('error', () => client.destroy());
  upstream.once('close', () => client.end());
  client.once('close', () => upstream.destroy());
}
