/** A file server whose every answer the test decides: cut bodies, changed versions, wrong ranges. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Behaviour {
  /** Break the connection after this many bytes of the body. */
  cutAfter?: number;
  etag?: string | null;
  lastModified?: string;
  status?: number;
  headers?: Record<string, string>;
  /** Answer another range than was asked. */
  shift?: number;
  ignoreRange?: boolean;
  ignoreIfRange?: boolean;
  bytes?: Buffer;
  /** Answer in chunks, which tell no length. */
  isChunked?: boolean;
  /** Send the head and these bytes, then nothing more. */
  hangAfter?: number;
}

export interface SeenRequest {
  path: string;
  range: string | undefined;
  ifRange: string | undefined;
  headers: IncomingMessage['headers'];
  /** Identifies the connection. */
  clientPort: number | undefined;
}

/** `behave` is asked for every request, counted from 1. */
export async function startRangeServer(
  bytes: Buffer,
  behave: (count: number, path: string) => Behaviour = () => ({}),
) {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const { range, 'if-range': ifRange } = request.headers as Record<string, string | undefined>;
    requests.push({
      path: request.url ?? '',
      range,
      ifRange,
      headers: request.headers,
      clientPort: request.socket.remotePort,
    });
    answer(request, response, bytes, behave(requests.length, request.url ?? ''));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/file.wav`,
    base: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  whole: Buffer,
  behaviour: Behaviour,
): void {
  const bytes = behaviour.bytes ?? whole;
  const { etag = '"v1"', lastModified, shift = 0 } = behaviour;
  const match = behaviour.ignoreRange ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = (match ? Number(match[1]) : 0) + (match ? shift : 0);
  const end = match?.[2] ? Math.min(Number(match[2]) + 1 + shift, bytes.length) : bytes.length;
  const status = behaviour.status ?? (match ? 206 : 200);
  const length = behaviour.isChunked ? undefined : { 'content-length': String(end - start) };
  const headers: Record<string, string> = { ...length, ...behaviour.headers };
  if (etag) headers['etag'] = etag;
  if (lastModified) headers['last-modified'] = lastModified;
  if (match && status === 206) headers['content-range'] ??= `bytes ${start}-${end - 1}/${bytes.length}`;
  const ifRange = request.headers['if-range'];
  if (match && ifRange && !behaviour.ignoreIfRange && ifRange !== etag && ifRange !== lastModified) {
    // The file has changed: RFC 9110 has the whole of the new one sent.
    response.writeHead(200, { ...headers, 'content-length': String(bytes.length) });
    response.end(bytes);
    return;
  }
  response.writeHead(status, headers);
  const body = bytes.subarray(start, end);
  const { cutAfter, hangAfter } = behaviour;
  if (cutAfter !== undefined) response.write(body.subarray(0, cutAfter), () => response.destroy());
  else if (hangAfter !== undefined) response.write(body.subarray(0, hangAfter));
  else response.end(body);
}
