/** Runs the local stack (Worker, downloader and sweeps) from the first check until the last process has ended. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleDownloader } from '../build/bundle-downloader.ts';
import { downloaderEnv } from './downloader-env.ts';
import { superviseDownloader, waitUntilHealthy, type DownloaderProcess } from './downloader-process.ts';
import { workerBindings } from './environment.ts';
import { greeting, readDevFile, writeDevFile } from './greeting.ts';
import type { StartWorker } from './local-worker.ts';
import { startNetworkFront } from './network-front.ts';
import { stateDirectory } from '../lib/paths.ts';
import { LOOPBACK, freePort, hostFrom, portFrom, requirePort } from '../lib/ports.ts';
import { descendantsOf } from '../lib/processes.ts';
import { GONE_WITHIN_MS, removeRunRecord, takeOver, writeRunRecord } from './run-record.ts';
import { loadSecrets } from '../lib/secrets.ts';
import { aborted, killLeftovers, stopSignal, unlessAborted } from './stopping.ts';
import { StartProblem } from '../lib/problem.ts';
import { sampleEnvironment, startSampleServer } from './sample-server.ts';
import { sweepRegularly } from './sweeps.ts';
import { prepareTools } from '../tools/prepare-tools.ts';

const say = (line: string): void => console.log(line);

export interface StackOptions {
  /** The Worker starts the downloader as its container. */
  container: boolean;
}

/** Checks and creates everything that the processes need. Throws StartProblems. */
async function prepare(env: NodeJS.ProcessEnv, { container }: StackOptions) {
  const directory = stateDirectory(env);
  const host = hostFrom(env);
  const port = portFrom(env);
  mkdirSync(join(directory, 'work'), { recursive: true, mode: 0o700 });
  const tookOver = await takeOver(directory, say);
  // A killed process can still hold its sockets for a moment after its parent sees that it has ended.
  await requirePort(port, tookOver ? GONE_WITHIN_MS : 0);
  const secrets = loadSecrets(directory);
  const downloaderPort = await freePort();
  const downloaderUrl = container ? null : `http://${LOOPBACK}:${downloaderPort}`;
  const samplePort = await freePort();
  const withSample = sampleEnvironment(env, samplePort);
  const bindings = workerBindings({ env: withSample, secrets, port, downloaderUrl });
  if (env.DISPATCH_PUBLIC_KEY_FILE) writeFileSync(env.DISPATCH_PUBLIC_KEY_FILE, secrets.DISPATCH_PUBLIC_KEY);
  // With a front between the network and the Worker, the Worker has a port of its own.
  const workerPort = host === LOOPBACK ? port : await freePort();
  // Another downloader, or one that was told an address, reaches the Worker there.
  const isOwn = !container && !env.DOWNLOADER_URL && !env.CONTROL_URL && !env.PUBLIC_URL;
  const controlPort = isOwn ? await freePort() : undefined;
  const ports = { samplePort, port, workerPort, downloaderPort, controlPort };
  return { env: withSample, directory, host, ...ports, secrets, bindings, container };
}
type Prepared = Awaited<ReturnType<typeof prepare>>;

/** Returns null if the downloader is a container, if DOWNLOADER_URL names another one, or if the stack was told to stop. */
async function startDownloader(
  prepared: Prepared,
  signal: AbortSignal,
  onChange: () => void,
): Promise<DownloaderProcess | null> {
  const { env, secrets, directory, downloaderPort, container } = prepared;
  if (container || env.DOWNLOADER_URL) return null;
  const tools = await unlessAborted(signal, prepareTools(env, say));
  if (tools === null) return null;
  const variables = downloaderEnv({ env, secrets, port: downloaderPort, stateDirectory: directory, tools });
  const main = await bundleDownloader(join(directory, 'downloader')).catch(() => {
    throw new StartProblem('The downloader cannot be built; the reasons are above.');
  });
  const downloader = superviseDownloader({ main, env: variables, onChange, say });
  await unlessAborted(signal, waitUntilHealthy(downloaderPort, say));
  return downloader;
}

/** Returns a function that writes the current processes to `run.json`. */
function recorder(directory: string, apiUrl: string): () => void {
  return () => {
    const children = descendantsOf(process.pid).map(({ pid, command }) => ({ pid, command }));
    writeRunRecord(directory, { pid: process.pid, apiUrl, children });
  };
}

/** Runs the stack until it is told to stop, then ends everything that it started. Throws StartProblems. */
export async function runStack(
  env: NodeJS.ProcessEnv,
  startWorker: StartWorker,
  options: StackOptions = { container: false },
): Promise<void> {
  const signal = stopSignal();
  const prepared = await prepare(env, options);
  const { directory, port, bindings } = prepared;
  const apiUrl = `http://${LOOPBACK}:${port}`;
  const record = recorder(directory, apiUrl);
  record();
  const knownKey = readDevFile(directory)?.apiKey ?? null;
  const { worker, apiKey, dashboardPath, applied } = await startWorker({
    stateDirectory: directory,
    port: prepared.workerPort,
    bindings,
    controlPort: prepared.controlPort,
    knownKey,
    logsAll: env['LOG_REQUESTS'] === 'all',
    onChange: record,
  });
  const stopSampleServer = await startSampleServer(prepared.samplePort);
  let downloader: DownloaderProcess | null = null;
  let stopFront: (() => Promise<void>) | null = null;
  try {
    if (prepared.host !== LOOPBACK) stopFront = await startNetworkFront(prepared);
    if (applied.length > 0) say(`Applied to the local database: ${applied.join(', ')}.`);
    const dev = { apiUrl, apiKey, dashboardUrl: `${apiUrl}${dashboardPath}` };
    writeDevFile(directory, dev);
    downloader = await startDownloader(prepared, signal, record);
    if (!signal.aborted) {
      sweepRegularly({ worker, signal, say });
      say(greeting(dev));
    }
    await aborted(signal);
    say('Stopping …');
  } finally {
    // The downloader first, while the Worker can still take its jobs back.
    await downloader?.stop();
    await stopFront?.();
    await worker.stop();
    stopSampleServer();
    killLeftovers();
    removeRunRecord(directory);
  }
}
