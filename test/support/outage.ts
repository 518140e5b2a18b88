/** A proxy that can simulate an outage of its server: it closes connections and refuses new ones. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Outage {
  /** Use this instead of the address of the server. */
  url: string;
  begin(): Promise<void>;
  end(): Promise<void>;
  close(): Promise<void>;
}

/** Forwards bytes from a free loopback port to `target`, for example `http://127.0.0.1:9000`. */
export async function startOutageProxy(target: string): Promise<Outage> {
  const { hostname, port: targetPort } = new URL(target);
  const sockets = new Set<Socket>();
  const pass = (client: Socket): void => {
    const server = connect(Number(targetPort), hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  };
  let server: Server = createServer(pass);
  const listen = async (port: number): Promise<void> => {
    server = createServer(pass);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const begin = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, begin, end: () => listen(port), close: begin };
}
