/** A proxy that behaves like a bad network: requests arrive, but selected answers are lost. */
import { once } from 'node:events';
import { createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LossyProxy {
  url: string;
  /** Sets the target of later requests, for example `http://127.0.0.1:8787`. */
  forwardTo(target: string): void;
  /** Loses the next answer to a matching request. Resolves when it is lost. */
  loseAnswer(matches: (method: string, path: string) => boolean): Promise<void>;
  /** Resolves when the next matching request arrives. It is neither forwarded nor answered. */
  swallow(matches: (method: string, path: string) => boolean): Promise<void>;
  /** `METHOD path status` of forwarded requests. A lost answer has the status `lost`. */
  log: string[];
  close(): Promise<void>;
}

interface Trap {
  kind: 'lose' | 'swallow';
  matches: (method: string, path: string) => boolean;
  sprung: () => void;
}

/** Starts the proxy on a free loopback port. */
export async function startLossyProxy(): Promise<LossyProxy> {
  let target = '';
  const traps: Trap[] = [];
  const log: string[] = [];

  function findTrap(method: string, path: string): Trap | undefined {
    const index = traps.findIndex((trap) => trap.matches(method, path));
    return index < 0 ? undefined : traps.splice(index, 1)[0];
  }
  function forward(request: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url: path = '/' } = request;
    const trap = findTrap(method, path);
    if (trap?.kind === 'swallow') return trap.sprung();
    const onward = sendRequest(`${target}${path}`, { method, headers: request.headers });
    onward.on('response', (answer) => {
      log.push(`${method} ${path} ${trap ? 'lost' : answer.statusCode}`);
      if (trap) {
        answer.resume();
        answer.on('end', () => {
          response.destroy();
          trap.sprung();
        });
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
    request.on('error', () => onward.destroy());
  }
  const setTrap = (kind: Trap['kind'], matches: Trap['matches']): Promise<void> =>
    new Promise((sprung) => traps.push({ kind, matches, sprung }));

  const server = createServer(forward);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    forwardTo: (to) => void (target = to),
    loseAnswer: (matches) => setTrap('lose', matches),
    swallow: (matches) => setTrap('swallow', matches),
    log,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
