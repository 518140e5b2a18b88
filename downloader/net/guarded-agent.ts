/** The undici agent of sources and storage: every connection, also of a redirect, passes the guard. */
import type { Socket } from 'node:net';
import { Agent, type buildConnector } from 'undici';
import { CONNECT_TIMEOUT_MS, openGuardedSocket, whenConnected, type Guard } from './guarded-connect.ts';

/** Milliseconds from a sent request to the head of its answer. */
const HEADERS_TIMEOUT_MS = 30_000;
/** Milliseconds of silence inside a body, as STALL_SECONDS; a request may name its own (`bodyTimeout`). */
const BODY_IDLE_TIMEOUT_MS = 60_000;

/**
 * An Agent whose requests fail with JobFailure `*_address_forbidden` where the policy refuses; other errors go
 * through `mapNetworkError`. Whoever made it ends it with `destroy()`, which also ends connections in the making.
 * Its idle sockets do not keep the process alive: something else must, as the downloader's server does.
 */
export function createGuardedAgent(guard: Guard): Agent {
  return new GuardedAgent(guard);
}

class GuardedAgent extends Agent {
  #connecting: Set<Socket>;

  constructor(guard: Guard) {
    const connecting = new Set<Socket>();
    super({
      connect: guardedConnector(guard, connecting),
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: BODY_IDLE_TIMEOUT_MS,
    });
    this.#connecting = connecting;
  }

  /** undici forgets sockets that are not connected yet; they would live until their timeout. */
  override destroy(...options: unknown[]): Promise<void> {
    for (const socket of this.#connecting) socket.destroy();
    return super.destroy(...(options as []));
  }
}

function guardedConnector(guard: Guard, connecting: Set<Socket>): buildConnector.connector {
  return ({ hostname, port, protocol }, callback) => {
    const isSecure = protocol === 'https:';
    const target = {
      host: hostname,
      port: Number(port || (isSecure ? 443 : 80)),
      tls: isSecure ? { ALPNProtocols: ['http/1.1'] } : null,
    };
    let socket: Socket;
    try {
      socket = openGuardedSocket(guard, target);
    } catch (error) {
      // undici expects the answer later, never inside the call.
      process.nextTick(callback, error, null);
      return;
    }
    connecting.add(socket);
    whenConnected(socket, CONNECT_TIMEOUT_MS, (error) => {
      connecting.delete(socket);
      if (error) callback(error, null);
      else callback(null, socket);
    });
  };
}
