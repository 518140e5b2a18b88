/** Runs the downloader as a child process and restarts it when it ends unexpectedly. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { NODE, ROOT } from '../lib/paths.ts';
import { LOOPBACK } from '../lib/ports.ts';
import { signalProcess } from '../lib/processes.ts';

/** Wait before a restart. It doubles up to the longest wait, and resets after a run of at least a minute. */
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 10_000;
const STABLE_RUN_MS = 60_000;
/** The downloader needs up to 30 s to hand its jobs back (`DRAIN_TIMEOUT_MS`). After this time it is killed. */
const STOP_TIMEOUT_MS = 35_000;
/** The start takes about a second, and several seconds on a busy machine. */
const HEALTHY_WITHIN_MS = 15_000;

export interface DownloaderProcess {
  /** The id of the running process, or null between two runs. */
  pid(): number | null;
  /** Sends SIGTERM, so that the downloader hands its jobs back, and SIGKILL if it does not end in time. Resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * The same as in downloader/Dockerfile: a young generation of 4 MiB, and large blocks that return to the system when
 * they are freed. Both save 20 MiB and cost no time. With 2 MiB, short-lived TLS objects move to the old generation, and
 * the heap grows by 40 MiB (measured with consecutive imports of 1 GiB).
 */
export const NODE_FLAGS = ['--max-semi-space-size=4'];
export const RUNTIME_ENVIRONMENT = {
  MALLOC_MMAP_THRESHOLD_: '262144',
  /** Else each thread has an arena, in which what ended threads have left stays: 45 MiB after many checks (measured). */
  MALLOC_ARENA_MAX: '2',
  /** Half of the threads may resolve names. With Node's default of four, two silent name servers would stop all jobs. */
  UV_THREADPOOL_SIZE: '32',
};

function spawnDownloader(main: string, env: Record<string, string>): ChildProcess {
  // In its own process group, so that a signal to our group does not end it before it hands its jobs back. The system closes
  // the IPC channel (fd 3) when this process dies in any way, and the downloader treats that like SIGTERM.
  return spawn(NODE, [...NODE_FLAGS, main], {
    cwd: ROOT,
    env: { ...RUNTIME_ENVIRONMENT, ...env },
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Resolves with the reason when the process has ended or could not start. */
async function ended(child: ChildProcess): Promise<string> {
  try {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.signalCode ?? `exit code ${child.exitCode}`;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown reason';
  }
}

/** Starts the downloader and keeps it running. Calls `onChange` at each start and end, and `say` with messages for the user. */
export function superviseDownloader(input: {
  /** The path of the main module. */
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

/** Resolves when `/health` answers. If it does not answer in time, prints a message and resolves, and supervision continues. */
export async function waitUntilHealthy(port: number, say: (line: string) => void): Promise<void> {
  const deadline = performance.now() + HEALTHY_WITHIN_MS;
  while (performance.now() < deadline) {
    const answer = await fetch(`http://${LOOPBACK}:${port}/health`).catch(() => null);
    if (answer?.ok) return;
    await delay(50);
  }
  say(`The downloader does not answer yet; imports wait in the queue until it does.`);
}
