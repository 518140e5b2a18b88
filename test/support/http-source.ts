/** A web server for imports: files with and without length or ranges, redirects, errors, truncated and endless bodies. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface HttpSource {
  url(path: string): string;
  serve(path: string, handler: Handler): void;
  /** `METHOD path` of every request, in order. */
  requests: string[];
  /** The number of opened connections, including those without a request. */
  connections(): number;
  close(): Promise<void>;
}

/** Starts the server on a free port of this loopback address. */
export async function startHttpSource(host = '127.0.0.1'): Promise<HttpSource> {
  const handlers = new Map<string, Handler>();
  const requests: string[] = [];
  let opened = 0;
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://source.example').pathname;
    requests.push(`${request.method} ${path}`);
    const handler = handlers.get(path) ?? answer(404, 'text/plain', 'no such file');
    // Clients may disconnect during an answer.
    Promise.resolve(handler(request, response)).catch(() => response.destroy());
  });
  server.on('connection', () => (opened += 1));
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://${host}:${port}${path}`,
    serve: (path, handler) => void handlers.set(path, handler),
    requests,
    connections: () => opened,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Sends a whole answer at once. */
export function answer(status: number, contentType: string, body: string | Buffer): Handler {
  return (_request, response) => {
    response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  };
}

export function redirect(location: string): Handler {
  return (_request, response) => void response.writeHead(302, { Location: location }).end();
}

export interface FileOptions {
  contentType?: string;
  /** Whether `bytes=a-b` and `bytes=a-` are answered with 206. Default: true. */
  ranges?: boolean;
  /** Default: derived from the length. */
  etag?: string;
  /** Whether a Content-Length is sent. Default: true. */
  length?: boolean;
  /** Called before each piece of 64 KiB. The answer waits for its promise. */
  gate?: (sentBytes: number) => Promise<void> | undefined;
}

const PIECE_BYTES = 64 * 1024;

/** Resolves when the client has read the written bytes or disconnected. */
export async function drained(response: ServerResponse): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  // Removes the other listener.
  done.abort();
}

/** Serves a file with a strong ETag, piece by piece with back-pressure. */
export function file(bytes: Buffer, options: FileOptions = {}): Handler {
  const { contentType = 'audio/wav', ranges = true, length = true, gate, etag } = options;
  let sentBytes = 0;
  return async (request, response) => {
    const match = ranges ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') : null;
    const start = match ? Number(match[1]) : 0;
    const end = match?.[2] ? Math.min(Number(match[2]) + 1, bytes.length) : bytes.length;
    const headers: Record<string, string | number> = {
      'Content-Type': contentType,
      ETag: etag ?? `"${bytes.length}"`,
    };
    if (match) headers['Content-Range'] = `bytes ${start}-${end - 1}/${bytes.length}`;
    if (length) headers['Content-Length'] = end - start;
    if (ranges) headers['Accept-Ranges'] = 'bytes';
    response.writeHead(match ? 206 : 200, headers);
    for (let at = start; at < end && !response.destroyed; at += PIECE_BYTES) {
      await gate?.(sentBytes);
      const piece = bytes.subarray(at, Math.min(at + PIECE_BYTES, end));
      sentBytes += piece.length;
      if (!response.write(piece)) await drained(response);
    }
    response.end();
  };
}

/** Declares the whole length, sends a part of the file and closes the connection. */
export function cutFile(bytes: Buffer, sentBytes: number): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': bytes.length });
    response.write(bytes.subarray(0, sentBytes), () => response.destroy());
  };
}

/** Starts with `head` and never ends. */
export function endlessFile(head: Buffer): Handler {
  const zeros = Buffer.alloc(PIECE_BYTES);
  return async (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'audio/wav' });
    response.write(head);
    while (!response.destroyed) {
      if (!response.write(zeros)) await drained(response);
    }
  };
}

/** Makes a gate that lets the first bytes pass and blocks the rest until it is opened. */
export function gateAfter(bytes: number): {
  gate: (sentBytes: number) => Promise<void> | undefined;
  open(): void;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { gate: (sentBytes) => (sentBytes >= bytes ? promise : undefined), open: resolve };
}
