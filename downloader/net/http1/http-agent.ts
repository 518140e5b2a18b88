/**
 * An HTTP/1.1 client that moves bytes at little cost: no streams, no copies that a transfer does not need, and connections that are
 * used again. It follows no redirects and decodes no content codings.
 */
import type { Socket } from 'node:net';
import { errors } from 'undici';
import { targetOf, type Target } from '../guarded-connect.ts';
import { Connection } from './connection.ts';
import type { AnswerHandler, Exchange, HttpClient, HttpRequest } from './exchange.ts';

/** Milliseconds that an idle connection is kept when the server does not say how long it does: less than any usual server. */
const KEEP_ALIVE_MS = 4000;
/** Milliseconds before the end that the server names, so that no request meets a connection that is being closed. */
const KEEP_ALIVE_MARGIN_MS = 1000;
const MAX_KEEP_ALIVE_MS = 60_000;

interface Idle {
  connection: Connection;
  timer: NodeJS.Timeout;
}

export class HttpAgent implements HttpClient {
  #open: (target: Target) => Socket;
  #connections = new Set<Connection>();
  #idle = new Map<string, Idle[]>();
  #isDestroyed = false;

  /** `open` connects to a host, or throws when it is refused. */
  constructor(open: (target: Target) => Socket) {
    this.#open = open;
  }

  /** Idle sockets do not keep the process alive. */
  send(request: HttpRequest, handler: AnswerHandler): Exchange {
    try {
      if (this.#isDestroyed) throw new errors.ClientDestroyedError();
      const connection = this.#takeIdle(request.url.origin) ?? this.#connect(request.url);
      return connection.start(request, handler);
    } catch (error) {
      return failLater(handler, error as Error);
    }
  }

  /** Ends all connections, also those that are being opened. Their exchanges fail. */
  destroy(): void {
    this.#isDestroyed = true;
    for (const { timer } of [...this.#idle.values()].flat()) clearTimeout(timer);
    for (const connection of this.#connections) connection.fail(new errors.ClientDestroyedError());
  }

  #takeIdle(origin: string): Connection | null {
    const list = this.#idle.get(origin) ?? [];
    for (let last = list.pop(); last; last = list.pop()) {
      clearTimeout(last.timer);
      if (list.length === 0) this.#idle.delete(origin);
      if (last.connection.isOpen) return last.connection;
    }
    return null;
  }

  #connect(url: URL): Connection {
    const { origin } = url;
    const target = targetOf(url);
    const connection: Connection = new Connection((onread) => this.#open({ ...target, onread }), {
      onIdle: (keepAliveMs) => this.#keep(origin, connection, keepAliveMs),
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    return connection;
  }

  #keep(origin: string, connection: Connection, hintMs: number | null): void {
    const forMs =
      hintMs === null ? KEEP_ALIVE_MS : Math.min(hintMs - KEEP_ALIVE_MARGIN_MS, MAX_KEEP_ALIVE_MS);
    if (forMs <= 0 || this.#isDestroyed) return connection.destroy();
    const list = this.#idle.get(origin) ?? [];
    const timer = setTimeout(() => this.#drop(origin, connection), forMs);
    timer.unref();
    this.#idle.set(origin, [...list, { connection, timer }]);
  }

  #drop(origin: string, connection: Connection): void {
    const others = this.#idle.get(origin)?.filter((one) => one.connection !== connection) ?? [];
    if (others.length > 0) this.#idle.set(origin, others);
    else this.#idle.delete(origin);
    connection.destroy();
  }
}

const NOTHING: Exchange = { pause: () => undefined, resume: () => undefined, abort: () => undefined };

function failLater(handler: AnswerHandler, error: Error): Exchange {
  let isAborted = false;
  process.nextTick(() => {
    if (!isAborted) handler.onError(error);
  });
  return { ...NOTHING, abort: () => void (isAborted = true) };
}
