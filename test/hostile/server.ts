/** The process that plays all hostile sources and buckets. Sends its port to the process that forked it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handler } from '../support/http-source.ts';
import { BUCKETS } from './sources/buckets.ts';
import { MEDIA } from './sources/media.ts';
import { PAGES } from './sources/pages.ts';
import { TRANSFERS } from './sources/transfers.ts';

const SOURCES: Record<string, Handler> = { ...MEDIA, ...TRANSFERS, ...PAGES };

const server = createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://source.example');
  const handler = SOURCES[pathname] ?? BUCKETS[pathname.split('/')[1] ?? ''];
  if (!handler) return void response.writeHead(404).end();
  // Clients may disconnect during an answer.
  Promise.resolve(handler(request, response)).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
process.on('disconnect', () => process.exit(0));
