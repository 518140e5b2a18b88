/** Real servers on loopback for the tests of the network guard; each test ends its own by `closeServers`. */
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Certificate } from './certificate.ts';

const open = new Set<Server>();
const sockets = new Set<Socket>();

/** Listens on 127.0.0.1 and gives the port. */
export async function listen(server: Server): Promise<number> {
  open.add(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export function serveHttp(listener: RequestListener): Promise<number> {
  return listen(createHttp(listener));
}

export function serveHttps(certificate: Certificate, listener: RequestListener): Promise<number> {
  return listen(createHttps(certificate, listener));
}

export interface Recorder {
  port: number;
  connections: number;
  bytes: Buffer;
  /** Resolves when the next connection has ended. */
  ended: Promise<void>;
}

/** A server that says nothing and remembers what it was sent. */
export async function recordTcp(): Promise<Recorder> {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const recorder: Recorder = { port: 0, connections: 0, bytes: Buffer.alloc(0), ended };
  recorder.port = await listen(
    createTcp((socket) => {
      recorder.connections += 1;
      socket.on('data', (chunk) => {
        recorder.bytes = Buffer.concat([recorder.bytes, chunk]);
      });
      socket.once('close', () => resolve());
    }),
  );
  return recorder;
}

export async function closeServers(): Promise<void> {
  const ending = [...open].map((server) => new Promise((resolve) => server.close(resolve)));
  open.clear();
  for (const socket of sockets) socket.destroy();
  await Promise.all(ending);
}
