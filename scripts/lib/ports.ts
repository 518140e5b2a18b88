/** Ports of this machine; everything local listens on loopback alone. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { StartProblem } from './problem.ts';

export const LOOPBACK = '127.0.0.1';

/** Binds a port for a moment and gives its number back; 0 lets the system choose. Throws what listen throws. */
async function bindOnce(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return bound;
}

/** A port that nobody uses at this moment. */
export function freePort(): Promise<number> {
  return bindOnce(0);
}

/** Throws a StartProblem when this port cannot be had, after `patienceMs` when it is in use until then. */
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
        `Port ${port} may not be used by this user; choose one above 1023 with PORT=<number>.`,
      );
    throw error;
  }
}

/** The port of PORT, 8787 (wrangler's own default) when it is not set. Throws a StartProblem for anything else than a port. */
export function portFrom(env: NodeJS.ProcessEnv): number {
  const text = env.PORT?.trim() || '8787';
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new StartProblem(`PORT must be a number from 1 to 65535, not "${text}".`);
  return port;
}
