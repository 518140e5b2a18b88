/** A source whose downloader dies each time that it is read: the third time, it runs alone and is named as the cause. */
import { setTimeout as delay } from 'node:timers/promises';
import { signalProcess } from '../../scripts/lib/processes.ts';
import { file, startHttpSource } from '../support/http-source.ts';
import { connectApi } from '../support/stack/api.ts';
import { d1 } from '../support/stack/local-state.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { makeWav } from '../support/wav.ts';
import { endOf } from './run-case.ts';

const LOOK_EVERY_MS = 50;
const WITHIN_MS = 60_000;
/** With more, the source was not named as it should be. */
const MAX_CRASHES = 4;

export interface CrashResult {
  ended: string;
  crashes: number;
  /** Milliseconds of an honest import after each crash. */
  honestMs: number[];
}

/** Throws when an honest import does not complete. */
export async function runCrashes(): Promise<CrashResult> {
  const source = await startHttpSource();
  source.serve('/honest.wav', file(makeWav(1024 * 1024)));
  const never = new Promise<void>(() => undefined);
  source.serve(
    '/kills.wav',
    file(makeWav(16 * 1024 * 1024), { gate: (sent) => (sent > 0 ? never : undefined) }),
  );
  const stack = await startStack();
  try {
    const api = await connectApi(stack.apiUrl, stack.apiKey);
    const jobId = await api.startImport({ url: source.url('/kills.wav') });
    const honestMs: number[] = [];
    while (!isEnded(stack, jobId) && honestMs.length < MAX_CRASHES) {
      const reads = honestMs.length + 1;
      await until(() => source.requests.filter((one) => one.endsWith('/kills.wav')).length >= reads);
      await crash(stack, jobId);
      const startedMs = performance.now();
      const honest = await api.ended(await api.startImport({ url: source.url('/honest.wav') }), WITHIN_MS);
      if (honest.status !== 'completed') throw new Error(`an honest import ended with ${endOf(honest)}`);
      honestMs.push(performance.now() - startedMs);
      // The sweep finds a slot for a job that runs alone.
      await stack.sweep();
    }
    return { ended: endOf(await api.status(jobId)), crashes: honestMs.length, honestMs };
  } finally {
    await stack.stop();
    await source.close();
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`nothing happened within ${WITHIN_MS / 1000} s`);
    await delay(LOOK_EVERY_MS);
  }
}

function isEnded({ stateDirectory }: Stack, jobId: string): boolean {
  const [row] = d1(stateDirectory, 'SELECT status FROM jobs WHERE id = ?', jobId);
  return row?.['status'] !== 'queued' && row?.['status'] !== 'processing';
}

/** Kills the downloader, ends the lease and the wait of the job, which saves a minute for each, and sweeps. */
async function crash(stack: Stack, jobId: string): Promise<void> {
  const pid = stack.downloaderPid();
  signalProcess(pid, 'SIGKILL');
  await until(() =>
    stack.processes().some((one) => one.command.includes('downloader/main.mjs') && one.pid !== pid),
  );
  d1(stack.stateDirectory, 'UPDATE jobs SET lease_until = 1 WHERE id = ?', jobId);
  await stack.sweep();
  const dueNow = `UPDATE jobs SET run_after = CASE WHEN alone_after IS NULL THEN 1 ELSE run_after END,
    alone_after = CASE WHEN alone_after IS NULL THEN NULL ELSE 1 END WHERE id = ?`;
  d1(stack.stateDirectory, dueNow, jobId);
}
