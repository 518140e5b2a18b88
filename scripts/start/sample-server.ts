/** Serves the sample file of a diagnosis on a port of its own, so that loopback need not be opened any further as a source. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { SAMPLE_PATH, serveSample, SLOW_SAMPLE_PATH } from '../../worker/diagnostics/serve-sample.ts';
import { LOOPBACK } from '../lib/ports.ts';

/** Listens on this port of loopback; resolves with the function that ends it. */
export async function startSampleServer(port: number): Promise<() => void> {
  const server = createServer((request, response) => {
    const path = [SAMPLE_PATH, SLOW_SAMPLE_PATH].find((known) => known === request.url);
    if (path === undefined || request.method !== 'GET') return void response.writeHead(404).end();
    const { body, headers } = serveSample(path);
    response.writeHead(200, Object.fromEntries(headers));
    // A reader that leaves early is an import that was canceled.
    pipeline(Readable.fromWeb(body as unknown as ReadableStream), response).catch(() => undefined);
  });
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

/** The environment with the sample server in it: the Worker names it, and both programs may read from its one port. */
export function sampleEnvironment(env: NodeJS.ProcessEnv, port: number): NodeJS.ProcessEnv {
  if (env.SAMPLE_ORIGIN) return env;
  const allow = [env.EGRESS_ALLOW, `source:${LOOPBACK}:${port}`].filter(Boolean).join(',');
  return { ...env, SAMPLE_ORIGIN: `http://${LOOPBACK}:${port}`, EGRESS_ALLOW: allow };
}
