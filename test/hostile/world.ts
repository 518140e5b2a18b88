/** A whole stack with a limited downloader, the hostile server, a hostile workspace and an honest one. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { randomApiKey } from '../../worker/auth/keys/api-key.ts';
import { makeCertificate } from '../downloader/net/certificate.ts';
import { file, startHttpSource } from '../support/http-source.ts';
import { connectApi, type Api } from '../support/stack/api.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { insertWorkspace } from '../support/stack/insert-workspace.ts';
import { makeWav } from '../support/wav.ts';
import { startLimitedDownloader, type LimitedDownloader } from './limited-downloader.ts';

const MIB = 1024 * 1024;
/** Milliseconds between two looks at the status of an honest import. */
const LOOK_EVERY_MS = 20;
/** A neighbor that waits longer has no service. */
const HONEST_TIMEOUT_MS = 120_000;

export interface World {
  stack: Stack;
  downloader: LimitedDownloader;
  /** Of the workspace that sends the hostile imports. */
  hostile: Api;
  hostileUrl: string;
  honestUrl: string;
  /** Imports the honest file in the other workspace; returns milliseconds from the request to `completed`. */
  importHonest(): Promise<number>;
  /** What the downloader has logged. */
  log(): string;
  stop(): Promise<void>;
}

/**
 * Every failure is final, and a slow source stalls after ten seconds, so that each case ends soon. yt-dlp needs a part of this
 * time to start beside many other jobs.
 */
const WORKER_ENV = { MAX_FAILURES: '1', MIN_SOURCE_RATE_SECONDS: '10' };

export async function startWorld({ jobsPerSlot = 4, maxConcurrent = 4 } = {}): Promise<World> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'importly-hostile-'));
  let log = '';
  const env = { EGRESS_ALLOW: '127.0.0.1', JOBS_PER_SLOT: String(jobsPerSlot) };
  const certificate = makeCertificate(['127.0.0.1']);
  const downloader = await startLimitedDownloader({
    stateDirectory,
    env,
    certificate: certificate.cert,
    output: (text) => (log += text),
  });
  const stack = await startStack({
    stateDirectory,
    env: { ...WORKER_ENV, ...env, DOWNLOADER_URL: downloader.url },
  });
  const server = fork(new URL('server.ts', import.meta.url));
  server.send(certificate);
  const [port] = (await once(server, 'message')) as [number];
  const source = await startHttpSource();
  source.serve('/honest.wav', file(makeWav(MIB)));
  const honestUrl = source.url('/honest.wav');
  const apiOf = async (): Promise<Api> => {
    const apiKey = randomApiKey();
    await insertWorkspace(stateDirectory, { id: randomUUID(), apiKey, maxConcurrent });
    return connectApi(stack.apiUrl, apiKey);
  };
  const honest = await apiOf();
  return {
    stack,
    downloader,
    hostile: await apiOf(),
    hostileUrl: `http://127.0.0.1:${port}`,
    honestUrl,
    importHonest: () => importHonest(honest, honestUrl),
    log: () => log,
    stop: async () => {
      await downloader.stop();
      await stack.stop();
      server.disconnect();
      await source.close();
    },
  };
}

async function importHonest(api: Api, url: string): Promise<number> {
  const startedMs = performance.now();
  const jobId = await api.startImport({ url });
  for (;;) {
    const data = await api.status(jobId);
    const tookMs = performance.now() - startedMs;
    if (data.status === 'completed') return tookMs;
    if (data.status === 'failed' || tookMs > HONEST_TIMEOUT_MS) {
      throw new Error(`an honest import did not complete: ${JSON.stringify(data)}`);
    }
    await delay(LOOK_EVERY_MS);
  }
}
