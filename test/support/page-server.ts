/** A website on loopback for tests. It serves a folder and generated pages, and records the requested paths. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.mpd': 'application/dash+xml',
  '.mp4': 'video/mp4',
  '.m4s': 'video/iso.segment',
  '.ts': 'video/mp2t',
  '.html': 'text/html; charset=utf-8',
};

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface PageServer {
  url: string;
  port: number;
  /** `METHOD path` of every request. */
  seen: string[];
  /** Answers for fixed paths. They take precedence over files. */
  routes: Map<string, Handler | string>;
  close: () => Promise<void>;
}

/** Serves `directory` on a free port of 127.0.0.1, without ranges. */
export async function startPageServer(directory: string): Promise<PageServer> {
  const seen: string[] = [];
  const routes = new Map<string, Handler | string>();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://host').pathname;
    seen.push(`${request.method} ${path}`);
    const route = routes.get(path);
    if (typeof route === 'function') return route(request, response);
    if (typeof route === 'string') {
      const type = TYPES[extname(path)] ?? 'text/html; charset=utf-8';
      return void response.writeHead(200, { 'content-type': type }).end(route);
    }
    return void serveFile(join(directory, normalize(path)), request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, port, seen, routes, close };
}

async function serveFile(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-length': found.size });
  if (request.method === 'HEAD') return void response.end();
  createReadStream(path).pipe(response);
}
