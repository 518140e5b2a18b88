/** A second real downloader, beside that of the stack. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SHIFT_CLOCK = join(import.meta.dirname, 'shift-clock.mjs');

export interface TestDownloader {
  url: string;
  /** Pauses the process like a machine that sleeps. It does not notice the pause. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL: it hands nothing back. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a downloader that accepts dispatches of the stack in this state directory. */
export async function startDownloader(
  stateDirectory: string,
  { clockOffsetMs = 0, env = {} }: { clockOffsetMs?: number; env?: Record<string, string> } = {},
): Promise<TestDownloader> {
  const workDirectory = await mkdtemp(join(tmpdir(), 'importly-work-'));
  const secrets = JSON.parse(await readFile(join(stateDirectory, 'secrets.json'), 'utf8')) as Record<
    string,
    string
  >;
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', SHIFT_CLOCK, join(import.meta.dirname, '../../../downloader/main.ts')],
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        PORT: '0',
        CLOCK_OFFSET_MS: String(clockOffsetMs),
        WORK_DIR: workDirectory,
        EGRESS_ALLOW: '127.0.0.1',
        DISPATCH_PUBLIC_KEY: secrets['DISPATCH_PUBLIC_KEY'] ?? '',
        ...env,
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    url: `http://127.0.0.1:${port}`,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
    stop: async () => {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(workDirectory, { recursive: true, force: true });
    },
  };
}
