/** The guard of the downloader for undici, which speaks for the local Worker: every connection passes the address policy. */
import type { Socket } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import {
  CONNECT_TIMEOUT_MS,
  openGuardedSocket,
  whenConnected,
  type Guard,
} from '../../downloader/net/guarded-connect.ts';

/** Its requests fail when the policy refuses the address. */
export function createGuardedDispatcher(guard: Guard): Dispatcher {
  return new Agent({
    connect: ({ hostname, port, protocol }, callback) => {
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
        // undici expects the callback after this call has returned.
        process.nextTick(callback, error, null);
        return;
      }
      whenConnected(socket, CONNECT_TIMEOUT_MS, (error) => {
        if (error) callback(error, null);
        else callback(null, socket);
      });
    },
  });
}
