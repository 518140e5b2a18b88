/** A proxy that behaves like a bad network: requests arrive, but selected answers are lost. */
import { once } from 'node:events';
import { createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished, pipeline } from 'node:stream';

export interface LossyProxy {
  url: string;
  /** Sets the target of later requests, for example `http://127.0.0.1:8787`. */
  forwardTo(target: string): void;
  /** Loses the next answer to a matching request. Resolves when it is lost. */
  loseAnswer(matches: (method: string, path: string) => boolean): Promise<void>;
  /** Resolves when the next matching request arrives. It is neither forwarded nor answered. */
  swallow(matches: (method: string, path: string) => boolean): Promise<void>;
  /**
   * Stops the next matching request `before` it is forwarded, or `after` its whole answer has arrived. Runs `act` while the sender
   * waits, then breaks the connection.
   */
  breakAt(input: BreakPoint): Break;
  /** `METHOD path status` of forwarded requests. A lost answer has the status `lost`. */
  log: string[];
  close(): Promise<void>;
}

export interface BreakPoint {
  moment: 'before' | 'after';
  matches: (method: string, path: string) => boolean;
  act: () => Promise<void>;
}

export interface Break {
  /** Resolves after `act`. */
  done: Promise<void>;
  /** Gives the break up. False when a request has been stopped already. */
  disarm: () => boolean;
}

interface Trap {
  kind: 'lose' | 'swallow';
  matches: (method: string, path: string) => boolean;
  sprung: () => void;
  /** Set for a break. */
  act?: () => Promise<void>;
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
  async function spring(trap: Trap, response: ServerResponse): Promise<void> {
    await trap.act?.();
    // Without an act, a request that is swallowed stays open.
    if (trap.act || trap.kind === 'lose') response.destroy();
    trap.sprung();
  }
  function forward(request: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url: path = '/' } = request;
    const trap = findTrap(method, path);
    if (trap?.kind === 'swallow') return void spring(trap, response);
    // A connection for each request: one that is kept may close just when a request is sent.
    const onward = sendRequest(`${target}${path}`, { method, headers: request.headers, agent: false });
    onward.on('response', (answer) => {
      log.push(`${method} ${path} ${trap ? 'lost' : answer.statusCode}`);
      if (trap) {
        answer.resume();
        finished(answer, () => void spring(trap, response));
        return;
      }
      // The client may have left.
      if (response.destroyed) return void answer.destroy();
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      // An answer that breaks off breaks off here too.
      pipeline(answer, response, () => undefined);
    });
    onward.on('error', () => (trap ? void spring(trap, response) : response.destroy()));
    request.pipe(onward);
    request.on('error', () => onward.destroy());
  }
  const setTrap = (kind: Trap['kind'], matches: Trap['matches']): Promise<void> =>
    new Promise((sprung) => traps.push({ kind, matches, sprung }));
  const breakAt: LossyProxy['breakAt'] = ({ moment, matches, act }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const trap: Trap = { kind: moment === 'before' ? 'swallow' : 'lose', matches, sprung: resolve, act };
    traps.push(trap);
    const disarm = () => traps.includes(trap) && traps.splice(traps.indexOf(trap), 1).length > 0;
    return { done: promise, disarm };
  };

  const server = createServer(forward);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    forwardTo: (to) => void (target = to),
    loseAnswer: (matches) => setTrap('lose', matches),
    swallow: (matches) => setTrap('swallow', matches),
    breakAt,
    log,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
