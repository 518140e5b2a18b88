/** The bundled downloader as a process that a chaos run kills and starts again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { NODE, ROOT } from '../../scripts/lib/paths.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { descendantsOf, signalProcess } from '../../scripts/lib/processes.ts';
import type { Secrets } from '../../scripts/lib/secrets.ts';
import { downloaderEnv } from '../../scripts/start/downloader-env.ts';
import { NODE_FLAGS, RUNTIME_ENVIRONMENT } from '../../scripts/start/downloader-process.ts';

export interface KillableDownloader {
  slot: string;
  url: string;
  workDirectory: string;
  /** A sentence for each time that it ended although nobody had killed it. */
  crashes: readonly string[];
  /** Commands of its children. */
  children(): string[];
  /** SIGKILL of the process alone, as the kernel does when memory runs out, or of its process group. */
  kill(group: boolean): Promise<void>;
  start(): Promise<void>;
  /** The attempts that it runs, as `job attempt`. Empty while it does not run. */
  attempts(): Promise<string[]>;
  stop(): Promise<void>;
}

interface DownloaderOptions {
  slot: string;
  /** Its own state is in a folder of this one. */
  stateDirectory: string;
  main: string;
  secrets: Secrets;
  tools: Record<string, string>;
  /** Variables of the configuration. */
  env: Record<string, string>;
}

/** Starts a downloader on a port that it keeps. */
export async function startDownloader(options: DownloaderOptions): Promise<KillableDownloader> {
  const { slot, main, secrets, tools } = options;
  const port = await freePort();
  const stateDirectory = join(options.stateDirectory, slot);
  const env = {
    ...RUNTIME_ENVIRONMENT,
    ...downloaderEnv({ env: { ...process.env, ...options.env }, secrets, port, stateDirectory, tools }),
  };
  const url = `http://127.0.0.1:${port}`;
  let log = '';
  const crashes: string[] = [];
  let child: ChildProcess | null = null;
  const expected = new Set<ChildProcess | null>();
  const ended = async () => {
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    child = null;
  };
  const start = async () => {
    // Its own process group, and an IPC channel whose end it notices when this process dies.
    child = spawn(NODE, [...NODE_FLAGS, main], {
      cwd: ROOT,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (log += String(chunk)));
    const failed = once(child, 'exit').then(() =>
      Promise.reject(new Error(`${slot} did not start:\n${log.slice(-2000)}`)),
    );
    failed.catch(() => undefined);
    const own = child;
    child.once('exit', (code, signal) => {
      if (!expected.has(own)) crashes.push(`${slot} ended with ${signal ?? code}: ${log.slice(-2000)}`);
    });
    await Promise.race([once(child, 'message'), failed]);
  };
  await start();
  return {
    slot,
    url,
    workDirectory: join(stateDirectory, 'work'),
    children: () => descendantsOf(child?.pid ?? 0).map(({ command }) => command),
    start,
    crashes,
    kill: async (group) => {
      expected.add(child);
      if (child?.pid) signalProcess(child.pid, 'SIGKILL', group);
      await ended();
    },
    attempts: async () => {
      const answer = await fetch(`${url}/health`).catch(() => null);
      if (!answer?.ok) return [];
      const { jobs } = (await answer.json()) as { jobs: { jobId: string; attempt: number }[] };
      return jobs.map(({ jobId, attempt }) => `${jobId} ${attempt}`);
    },
    stop: async () => {
      expected.add(child);
      child?.kill('SIGTERM');
      await ended();
    },
  };
}
