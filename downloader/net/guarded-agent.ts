/** The undici agent of sources and storage: every connection, also of a redirect, passes the guard. */
import type { Socket } from 'node:net';
import { Agent, type buildConnector } from 'undici';
import { CONNECT_TIMEOUT_MS, openGuardedSocket, whenConnected, type Guard } from './guarded-connect.ts';
import { ReadSlabs } from './read-slabs.ts';

/** Milliseconds from a sent request to the head of its answer. */
const HEADERS_TIMEOUT_MS = 30_000;
/** Milliseconds of silence inside a body, as STALL_SECONDS. A request can set its own with `bodyTimeout`. */
const BODY_IDLE_TIMEOUT_MS = 60_000;

export interface GuardedAgentOptions extends Guard {
  /**
   * Reads use memory again: a third less CPU over http, a fifth over https, and 70 MiB less memory. Only for `dispatch`
   * with a handler that needs a chunk no longer than `onResponseData` runs. `request` and `fetch` keep chunks, which
   * would then change.
   */
  shortLivedChunks?: boolean;
}

/**
 * An Agent whose requests fail with JobFailure `*_address_forbidden` when the policy refuses the address. Other errors
 * pass `mapNetworkError`. The caller ends it with `destroy()`, which also ends connections that are being opened. Idle
 * sockets do not keep the process alive.
 */
export function createGuardedAgent(options: GuardedAgentOptions): Agent {
  return new GuardedAgent(options);
}

class GuardedAgent extends Agent {
  #connecting: Set<Socket>;

  constructor(options: GuardedAgentOptions) {
    const connecting = new Set<Socket>();
    super({
      connect: guardedConnector(options, connecting),
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: BODY_IDLE_TIMEOUT_MS,
    });
    this.#connecting = connecting;
  }

  /** undici does not destroy sockets that are still connecting. They would stay until their timeout. */
  override destroy(...options: unknown[]): Promise<void> {
    for (const socket of this.#connecting) socket.destroy();
    return super.destroy(...(options as []));
  }
}

function guardedConnector(options: GuardedAgentOptions, connecting: Set<Socket>): buildConnector.connector {
  return ({ hostname, port, protocol }, callback) => {
    const isSecure = protocol === 'https:';
    const slabs = options.shortLivedChunks ? new ReadSlabs() : null;
    const target = {
      host: hostname,
      port: Number(port || (isSecure ? 443 : 80)),
      tls: isSecure ? { ALPNProtocols: ['http/1.1'] } : null,
      ...(slabs && { onread: slabs.onread }),
    };
    let socket: Socket;
    try {
      socket = openGuardedSocket(options, target);
      slabs?.attach(socket);
    } catch (error) {
      // undici expects the callback after this call has returned.
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
