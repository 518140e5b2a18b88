/**
 * The process that plays all hostile sources and buckets, over http and https. It gets a certificate from the process that
 * forked it, and sends back its port for http.
 */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { Certificate } from '../downloader/net/certificate.ts';
import type { Handler } from '../support/http-source.ts';
import { BUCKETS } from './sources/buckets.ts';
import { MEDIA } from './sources/media.ts';
import { pagesWith } from './sources/pages.ts';
import { TRANSFERS } from './sources/transfers.ts';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const [certificate] = (await once(process, 'message')) as [Certificate];
const sources: Record<string, Handler> = { ...MEDIA, ...TRANSFERS };
const listener: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://source.example');
  const handler = sources[pathname] ?? BUCKETS[pathname.split('/')[1] ?? ''];
  if (!handler) return void response.writeHead(404).end();
  // Clients may disconnect during an answer.
  Promise.resolve(handler(request, response)).catch(() => response.destroy());
};
const securePort = await listen(createSecureServer(certificate, listener));
Object.assign(sources, pagesWith(`https://127.0.0.1:${securePort}`));
process.send?.(await listen(createServer({ maxHeaderSize: 128 * 1024 }, listener)));
process.on('disconnect', () => process.exit(0));
