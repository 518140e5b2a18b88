/** Addresses and ports on this machine. Everything listens on loopback only, unless HOST says otherwise. */
import { once } from 'node:events';
import { createServer, isIP, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { StartProblem } from './problem.ts';

export const LOOPBACK = '127.0.0.1';

/** Binds a port briefly and returns its number; for 0, the system chooses one. Throws the error of `listen`. */
async function bindOnce(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return bound;
}

/** Ports below those that systems give to connections and to servers that do not name one (Linux: from 32768). */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
/** Ports of one process. Processes that start at the same time have others, so they do not choose the same one. */
const PORTS_OF_PROCESS = 40;

let given = 0;

/**
 * Returns a port that is free at this moment, and still free when a process binds it some seconds later: the system gives it to nobody else,
 * and this function gives the ports of a process in turn.
 */
export async function freePort(): Promise<number> {
  const first = FIRST_PORT + (process.pid % (PORTS / PORTS_OF_PROCESS)) * PORTS_OF_PROCESS;
  for (let tries = 0; tries < PORTS_OF_PROCESS; tries += 1) {
    const port = first + (given % PORTS_OF_PROCESS);
    given += 1;
    const isFree = await bindOnce(port).then(
      () => true,
      () => false,
    );
    if (isFree) return port;
  }
  return bindOnce(0);
}

/** Throws a StartProblem if this port is not available. If it is in use, waits up to `patienceMs` for it. */
export async function requirePort(port: number, patienceMs = 0): Promise<void> {
  const startedAt = performance.now();
  try {
    await bindOnce(port);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EADDRINUSE' && patienceMs > 0) {
      await delay(50);
      return requirePort(port, patienceMs - (performance.now() - startedAt));
    }
    if (code === 'EADDRINUSE')
      throw new StartProblem(`Port ${port} is already in use; choose another one with PORT=<number>.`);
    if (code === 'EACCES')
      throw new StartProblem(
        `Port ${port} is not allowed for this user; choose one above 1023 with PORT=<number>.`,
      );
    throw error;
  }
}

/**
 * Returns the address in HOST that the Worker listens on: loopback, unless this machine is a server. Throws a
 * StartProblem if HOST is not an IP address.
 */
export function hostFrom(env: NodeJS.ProcessEnv): string {
  const host = env.HOST?.trim() || LOOPBACK;
  if (isIP(host) === 0) throw new StartProblem(`HOST must be an IP address such as 0.0.0.0, not "${host}".`);
  return host;
}

/** Returns the port in PORT, or 8787 (wrangler's default) if it is not set. Throws a StartProblem if PORT is not a valid port. */
export function portFrom(env: NodeJS.ProcessEnv): number {
  const text = env.PORT?.trim() || '8787';
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new StartProblem(`PORT must be a number from 1 to 65535, not "${text}".`);
  return port;
}
