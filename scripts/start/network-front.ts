/**
 * Stands between the network and Miniflare, which trusts whoever reaches it: it serves every stored file without a link,
 * and believes the address that a client claims. Requests from this machine alone need no front.
 */
import { once } from 'node:events';
import { createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { CODES, type Code } from '../../worker/contract/codes.ts';
import { endToEndHeaders } from '../../downloader/net/proxy-headers.ts';
import { LOOPBACK } from '../lib/ports.ts';

/** Where Miniflare serves what is not the Worker. */
const RESERVED_PATH = /^\/cdn-cgi(?:\/|$)/i;
/** Headers with which Miniflare talks to itself. */
const RESERVED_HEADER = /^mf-/i;
/** In a deployment, Cloudflare sets it to the address of the client. */
const CLIENT_ADDRESS = 'cf-connecting-ip';

/** Listens on `host:port` and forwards to Miniflare at `workerPort`. Returns how to stop it. */
export async function startNetworkFront(input: {
  host: string;
  port: number;
  workerPort: number;
}): Promise<() => Promise<void>> {
  // A part of a large file may take longer than the five minutes that Node gives a request.
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    forward(request, response, input.workerPort);
  });
  server.listen(input.port, input.host);
  await once(server, 'listening');
  return async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
}

function forward(request: IncomingMessage, response: ServerResponse, workerPort: number): void {
  const url = URL.parse(request.url ?? '', 'http://worker');
  if (!url || RESERVED_PATH.test(url.pathname)) return refuse(response, 404, 'not_found');
  const upstream = sendRequest({
    // A connection for each request: one that is kept may close just when a request is sent.
    agent: false,
    host: LOOPBACK,
    port: workerPort,
    method: request.method ?? 'GET',
    // As it was checked: Miniflare must not read the path in another way.
    path: url.pathname + url.search,
    headers: requestHeaders(request),
  });
  upstream.once('response', (answer) => {
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? 502, endToEndHeaders(answer.rawHeaders).flat());
    pipeline(answer, response, () => undefined);
  });
  upstream.on('error', () => {
    if (response.headersSent) response.destroy();
    else refuse(response, 502, 'internal_error');
  });
  response.once('close', () => upstream.destroy());
  pipeline(request, upstream, () => undefined);
}

/** What the client sent, without the headers that only Miniflare and Cloudflare may set. A body keeps its framing. */
function requestHeaders({ rawHeaders, headers, socket }: IncomingMessage): string[] {
  const kept = endToEndHeaders(rawHeaders).filter(
    ([name]) => !RESERVED_HEADER.test(name) && name.toLowerCase() !== CLIENT_ADDRESS,
  );
  const isChunked = headers['transfer-encoding'] !== undefined;
  const own = [[CLIENT_ADDRESS, (socket.remoteAddress ?? '').replace(/^::ffff:/, '')]];
  return [...kept, ...own, ...(isChunked ? [['transfer-encoding', 'chunked']] : [])].flat();
}

function refuse(response: ServerResponse, status: number, code: Code): void {
  const { message: error, hint, retryable } = CODES[code];
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ success: false, error, code, hint, retryable }));
}
