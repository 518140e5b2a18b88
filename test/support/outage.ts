/** Stands before a server and can be out: connections are cut and new ones refused, as when the server is down. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Outage {
  /** Takes the place of the server's own address. */
  url: string;
  begin(): Promise<void>;
  end(): Promise<void>;
  close(): Promise<void>;
}

/** Passes bytes on to `target`, for example `http://127.0.0.1:9000`, from a free loopback port. */
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
