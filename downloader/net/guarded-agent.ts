/** The HTTP clients of the downloader: for sources and storage, every connection, also of a redirect, passes the guard. */
import { openGuardedSocket, openSocket, type Guard } from './guarded-connect.ts';
import { HttpAgent } from './http1/http-agent.ts';

/**
 * Its requests fail with JobFailure `*_address_forbidden` when the policy refuses the address. Other errors pass
 * `mapNetworkError`. The caller ends it with `destroy()`.
 */
export function createGuardedAgent(guard: Guard): HttpAgent {
  return new HttpAgent((target) => openGuardedSocket(guard, target));
}

/** For the Worker, whose address the operator has chosen. */
export function createPlainAgent(): HttpAgent {
  return new HttpAgent((target) => openSocket(target));
}
