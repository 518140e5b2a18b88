/** The guard of the downloader for undici, which speaks for the local Worker: every connection passes the address policy. */
import type { Socket } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import {
  CONNECT_TIMEOUT_MS,
  openGuardedSocket,
  targetOf,
  whenConnected,
  type Guard,
} from '../../downloader/net/guarded-connect.ts';

/** Its requests fail when the policy refuses the address. */
export function createGuardedDispatcher(guard: Guard): Dispatcher {
  return new Agent({
    connect: (url, callback) => {
      let socket: Socket;
      try {
        socket = openGuardedSocket(guard, targetOf(url));
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
