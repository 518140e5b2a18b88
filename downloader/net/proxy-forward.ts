/** The two ways through a forward proxy: one HTTP exchange, or a tunnel. Both ends are node:http's own parsers. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { errors } from 'undici';
import { endToEndHeaders } from './proxy-headers.ts';

/** Milliseconds from a forwarded request to the head of its answer, as for our own requests. */
const HEADERS_TIMEOUT_MS = 30_000;

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
 * Sends `request` on and its answer back. Rejects when the exchange broke; then nothing was answered, or the answer
 * was cut so that the client notices.
 */
export function forwardRequest({ socket, url, request, response, onReceived }: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    const upstream = httpRequest({
      // One socket for one exchange: its answer cannot be taken for that of another.
      createConnection: () => socket,
      method: request.method ?? 'GET',
      path: pathAsSent(request.url ?? ''),
      headers: requestHeaders(url, request),
    });
    const timer = setTimeout(() => upstream.destroy(new errors.HeadersTimeoutError()), HEADERS_TIMEOUT_MS);
    upstream.once('response', (incoming) => {
      clearTimeout(timer);
      incoming.on('data', onReceived);
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
      // An answer has its own end: the client may still be reading it. Without one nothing else would tell.
      if (!response.headersSent) reject(new errors.SocketError('closed without an answer'));
    });
  });
}

/** The path in the client's own spelling: a signature may cover it. */
function pathAsSent(absoluteUrl: string): string {
  const [path = ''] = absoluteUrl.replace(/^http:\/\/[^/?#]*/i, '').split('#', 1);
  return path.startsWith('/') ? path : `/${path}`;
}

/** The host is the URL's, whatever the request said (RFC 9112 §3.2.2); a body keeps its framing. */
function requestHeaders(url: URL, request: IncomingMessage): string[] {
  const kept = endToEndHeaders(request.rawHeaders).filter(([name]) => name.toLowerCase() !== 'host');
  const isChunked = request.headers['transfer-encoding'] !== undefined;
  return [
    ['Host', url.host],
    ...kept,
    ...(isChunked ? [['Transfer-Encoding', 'chunked']] : []),
    ['Connection', 'close'],
  ].flat();
}

/** Joins a client that asked for CONNECT with its target. Either end closing closes the other, after what is on the way. */
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
