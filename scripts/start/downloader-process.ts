/** The downloader as a child process that is started again whenever it ends by itself. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { NODE, ROOT } from '../lib/paths.ts';
import { LOOPBACK } from '../lib/ports.ts';
import { signalProcess } from '../lib/processes.ts';

/** First wait before a new start; doubled up to the longest one, and back at the first after a run of a minute. */
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 10_000;
const STABLE_RUN_MS = 60_000;
/** The downloader takes up to 30 s to hand its jobs back (`DRAIN_TIMEOUT_MS`); after this it is killed. */
const STOP_TIMEOUT_MS = 35_000;
/** Node and its modules are loaded in about a second, also on a busy machine in several. */
const HEALTHY_WITHIN_MS = 15_000;

export interface DownloaderProcess {
  /** Id of the process that runs now; null between two runs. */
  pid(): number | null;
  /** SIGTERM, so that it hands its jobs back; SIGKILL when it has not ended in time. Resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * As in downloader/Dockerfile: a young generation of 4 MiB, and large blocks that go back to the system when they are
 * freed. Together 20 MiB less at no cost in time. With 2 MiB, what TLS leaves behind grows old before it is dead, and
 * the heap grows by 40 MiB (measured, imports of 1 GiB in a row).
 */
export const NODE_FLAGS = ['--max-semi-space-size=4'];
export const MALLOC = { MALLOC_MMAP_THRESHOLD_: '262144' };

function spawnDownloader(main: string, env: Record<string, string>): ChildProcess {
  // Its own group, so that a signal to ours does not end it before its jobs are handed back; the channel
  // (fd 3) is closed by the system when this process dies in whatever way, which it takes as SIGTERM.
  return spawn(NODE, [...NODE_FLAGS, main], {
    cwd: ROOT,
    env: { ...MALLOC, ...env },
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Resolves when it has ended, also when it could not be started at all. */
async function ended(child: ChildProcess): Promise<string> {
  try {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.signalCode ?? `exit code ${child.exitCode}`;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown reason';
  }
}

/** Starts it and keeps it running; `onChange` is called at each start and end, `say` gets a line for a person. */
export function superviseDownloader(input: {
  /** The module to run. */
  main: string;
  env: Record<string, string>;
  onChange: () => void;
  say: (line: string) => void;
}): DownloaderProcess {
  const stopping = new AbortController();
  let child: ChildProcess | null = null;

  async function keepRunning(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      child = spawnDownloader(input.main, input.env);
      input.onChange();
      const why = await ended(child);
      child = null;
      input.onChange();
      if (stopping.signal.aborted) return;
      if (performance.now() - startedAt >= STABLE_RUN_MS) backoffMs = FIRST_BACKOFF_MS;
      input.say(`The downloader ended (${why}); it starts again in ${backoffMs / 1000} s.`);
      await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
    }
  }
  const running = keepRunning();

  async function stop(): Promise<void> {
    stopping.abort();
    child?.kill('SIGTERM');
    const pid = child?.pid;
    const timer = setTimeout(() => pid && signalProcess(pid, 'SIGKILL', true), STOP_TIMEOUT_MS);
    await running;
    clearTimeout(timer);
  }
  return { pid: () => child?.pid ?? null, stop };
}

/** Resolves when `/health` answers; says so and resolves too when it does not in time: the supervision goes on. */
export async function waitUntilHealthy(port: number, say: (line: string) => void): Promise<void> {
  const deadline = performance.now() + HEALTHY_WITHIN_MS;
  while (performance.now() < deadline) {
    const answer = await fetch(`http://${LOOPBACK}:${port}/health`).catch(() => null);
    if (answer?.ok) return;
    await delay(50);
  }
  say(`The downloader does not answer yet; imports wait in the queue until it does.`);
}
