/** Starts SeaweedFS when the first test in workerd asks for it. The start takes seconds, and few tests need it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startSeaweedfs, type SeaweedFs } from './seaweedfs.ts';

/** A GET of `url` returns the server as JSON (`ProvidedS3`), or null if it is not available. */
export async function seaweedfsOnDemand(): Promise<{ url: string; stop: () => Promise<void> }> {
  let started: Promise<SeaweedFs | null> | undefined;
  const control = createServer((_, response) => {
    started ??= startSeaweedfs();
    started.then(
      (server) => response.end(JSON.stringify(server)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  control.listen(0, '127.0.0.1');
  await once(control, 'listening');
  const stop = async () => {
    control.close();
    control.closeAllConnections();
    const server = await started?.catch(() => null);
    await server?.stop();
  };
  return { url: `http://127.0.0.1:${(control.address() as AddressInfo).port}`, stop };
}
