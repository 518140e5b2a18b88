/** Starts the bundled downloader with 1 GiB of memory: in a cgroup of its own, or else with a limit of data memory. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleDownloader } from '../../scripts/build/bundle-downloader.ts';
import { loadSecrets } from '../../scripts/lib/secrets.ts';
import { NODE_FLAGS, RUNTIME_ENVIRONMENT } from '../../scripts/start/downloader-process.ts';
import { prepareTools } from '../../scripts/tools/prepare-tools.ts';
import { copyTrustingYtdlp } from '../support/trusting-tools.ts';

const MEMORY_BYTES = 1024 ** 3;
const PROBE = join(import.meta.dirname, 'event-loop-probe.mjs');

export interface LimitedDownloader {
  url: string;
  pid: number;
  workDirectory: string;
  /** How its memory is limited. */
  limit: 'cgroup' | 'ulimit';
  /** The longest delay of its event loop since the last call, in milliseconds. */
  loopDelayMs(): Promise<number>;
  /** How many attempts it runs now. */
  runningJobs(): Promise<number>;
  stop(): Promise<void>;
}

export interface LimitedOptions {
  stateDirectory: string;
  env: Record<string, string>;
  /** PEM; its yt-dlp trusts it. */
  certificate: string;
  /** Receives what it logs. */
  output: (text: string) => void;
}

export async function startLimitedDownloader(options: LimitedOptions): Promise<LimitedDownloader> {
  const { stateDirectory, env, certificate, output } = options;
  const workDirectory = join(stateDirectory, 'work');
  await mkdir(workDirectory, { recursive: true });
  const tools = await prepareTools(process.env, () => undefined);
  if (tools.YTDLP_DIR)
    tools.YTDLP_DIR = await copyTrustingYtdlp(tools.YTDLP_DIR, join(stateDirectory, 'yt-dlp'), certificate);
  const main = await bundleDownloader(join(stateDirectory, 'downloader'));
  const cgroup = makeCgroup();
  const limit = cgroup ? `echo $$ >"${cgroup}/cgroup.procs"` : `ulimit -d ${MEMORY_BYTES / 1024}`;
  const command = [process.execPath, ...NODE_FLAGS, '--import', PROBE, main];
  const child = spawn('/bin/sh', ['-c', `${limit} && exec "$@"`, 'sh', ...command], {
    env: {
      ...RUNTIME_ENVIRONMENT,
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      WORK_DIR: workDirectory,
      DISPATCH_PUBLIC_KEY: loadSecrets(stateDirectory).DISPATCH_PUBLIC_KEY,
      ...tools,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output(String(chunk)));
  const { port } = await nextMessage<{ port: number }>(child);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    pid: child.pid ?? 0,
    workDirectory,
    limit: cgroup ? 'cgroup' : 'ulimit',
    loopDelayMs: async () => {
      child.send('loop delay');
      return (await nextMessage<{ loopDelayMs: number }>(child)).loopDelayMs;
    },
    runningJobs: async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^importly_jobs_running (\d+)$/m.exec(metrics)?.[1]);
    },
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      if (cgroup) rmdirSync(cgroup);
    },
  };
}

async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const { signal } = ended;
  const exit = once(child, 'exit', { signal }).then(([code, name]) => {
    throw new Error(`the downloader ended: ${String(code ?? name)}`);
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), exit])) as [T];
    return message;
  } finally {
    ended.abort();
    exit.catch(() => undefined);
  }
}

/** A group below that of this process with a memory limit; null where none can be made. */
function makeCgroup(): string | null {
  try {
    const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
    const v1 = lines.map((line) => /^\d+:memory:(.*)$/.exec(line)?.[1]).find((path) => path !== undefined);
    const v2 = /^0::(.*)$/m.exec(lines.join('\n'))?.[1] ?? '/';
    const parent = v1 === undefined ? join('/sys/fs/cgroup', v2) : join('/sys/fs/cgroup/memory', v1);
    const path = join(parent, `importly-hostile-${process.pid}`);
    mkdirSync(path);
    try {
      writeFileSync(
        join(path, v1 === undefined ? 'memory.max' : 'memory.limit_in_bytes'),
        String(MEMORY_BYTES),
      );
      // A process may enter it: not every group of version 2 may hold both processes and groups.
      execFileSync('/bin/sh', ['-c', `echo $$ >"${path}/cgroup.procs"`], { stdio: 'ignore' });
    } catch (error) {
      rmdirSync(path);
      throw error;
    }
    return path;
  } catch {
    return null;
  }
}
