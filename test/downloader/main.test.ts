import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { listProcesses } from '../../scripts/lib/processes.ts';
import { answer, file, gateAfter, startHttpSource, type Handler } from '../support/http-source.ts';
import { LARGE, MIB } from './jobs/one-job.ts';
import type { StandInOptions, WorkerStandIn } from './stand-in-options.ts';
import { startWorkerStandIn } from './jobs/worker-stand-in.ts';
import { dispatch, PUBLIC_KEY_BASE64 } from './dispatcher.ts';

const MAIN = join(import.meta.dirname, '../../downloader/main.ts');
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

function spawnDownloader(env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  cleanUps.push(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
  return child;
}

/** A program that answers like ffmpeg to a question for its version, and otherwise hangs and ignores SIGTERM. */
async function writeHungFfmpeg(directory: string): Promise<string> {
  const program = join(directory, 'hung-ffmpeg');
  const script = `#!/bin/sh
    if [ "$1" = -version ]; then echo 'ffmpeg version 0'; exit; fi
    trap '' TERM
    while :; do sleep 1; done`;
  await writeFile(program, script, { mode: 0o755 });
  return program;
}

interface BusyOptions {
  handler?: Handler;
  worker?: StandInOptions;
  env?: Record<string, string>;
}

/** A downloader process with a job that waits in the middle of a large file. */
async function startBusy(options: BusyOptions = {}) {
  const workDirectory = await mkdtemp(join(tmpdir(), 'importly-test-'));
  cleanUps.push(() => rm(workDirectory, { recursive: true, force: true }));
  await mkdir(join(workDirectory, `importly-job-${2 ** 22 + 1}-gone`));
  const child = spawnDownloader({
    PORT: '0',
    WORK_DIR: workDirectory,
    EGRESS_ALLOW: '127.0.0.1',
    DISPATCH_PUBLIC_KEY: PUBLIC_KEY_BASE64,
    ...options.env,
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const base = `http://127.0.0.1:${port}`;
  const source = await startHttpSource();
  const gate = gateAfter(20 * MIB);
  source.serve('/a.wav', options.handler ?? file(LARGE, { gate: gate.gate }));
  const worker = await startWorkerStandIn(options.worker);
  cleanUps.push(() => source.close(), worker.close);
  const body = JSON.stringify(worker.command(source.url('/a.wav')));
  expect((await dispatch(base, { method: 'POST', path: '/jobs', body })).status).toBe(202);
  return { base, child, worker, gate, workDirectory };
}

/** Resolves when the upload of the job has begun. */
async function signed(worker: WorkerStandIn): Promise<void> {
  await expect.poll(() => worker.calls, { timeout: 10_000 }).toContain('sign');
}

describe('the downloader process', () => {
  test('runs a dispatched job to its end and sweeps the folders of dead processes', async () => {
    const { worker, gate, workDirectory } = await startBusy();
    await signed(worker);
    gate.open();
    expect(await worker.finished).toEqual({ completed: { warnings: [] } });
    expect(worker.stored()?.equals(LARGE)).toBe(true);
    expect(await readdir(workDirectory)).toEqual([]);
  });

  test.each<[string, (child: ChildProcess) => void]>([
    ['SIGTERM', (child) => void child.kill('SIGTERM')],
    ['SIGINT', (child) => void child.kill('SIGINT')],
    ['the end of its parent', (child) => child.disconnect()],
  ])('on %s hands its jobs back and ends with 0 within seconds', async (_, stop) => {
    const { child, worker } = await startBusy();
    await signed(worker);
    const exited = once(child, 'exit');
    stop(child);
    expect(await worker.finished).toMatchObject({ failed: { failure: { code: 'downloader_draining' } } });
    expect(await exited).toEqual([0, null]);
  });

  test('on SIGTERM kills a child that ignores it, and hands the job back at once', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'importly-test-'));
    cleanUps.push(() => rm(directory, { recursive: true, force: true }));
    const program = await writeHungFfmpeg(directory);
    const hung = () => listProcesses().filter(({ command }) => command.includes(program));
    const handler = answer(200, 'video/x-msvideo', Buffer.from('RIFF\x04\0\0\0AVI LIST'.padEnd(64, '\0')));
    const { child, worker } = await startBusy({ handler, env: { FFMPEG: program } });
    await expect.poll(hung, { timeout: 10_000 }).not.toEqual([]);
    const exited = once(child, 'exit');
    const startedAtMs = performance.now();
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - startedAtMs).toBeLessThan(3000);
    expect(await worker.finished).toMatchObject({ failed: { failure: { code: 'downloader_draining' } } });
    await expect.poll(hung).toEqual([]);
  });

  test('on SIGTERM reports again until the Worker answers, also after more than five seconds', async () => {
    let lost = 0;
    const onCall: StandInOptions['onCall'] = (kind, request) => {
      if (kind !== 'failed' || lost === 6) return false;
      lost += 1;
      request.socket.destroy();
      return true;
    };
    const { child, worker } = await startBusy({ worker: { onCall } });
    await signed(worker);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(lost).toBe(6);
    expect(await worker.finished).toMatchObject({ failed: { failure: { code: 'downloader_draining' } } });
  });

  test('listens and accepts jobs before its tools have answered, and runs them afterwards', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'importly-test-'));
    cleanUps.push(() => rm(directory, { recursive: true, force: true }));
    const program = join(directory, 'slow-ffmpeg');
    // The only file of the folder that a confined program sees is the program.
    const script = `#!/bin/sh
      until grep -q '^# answer' "$0"; do sleep 0.05; done
      echo 'ffmpeg version 9'; exit
`;
    await writeFile(program, script, { mode: 0o755 });
    const { base, worker, gate } = await startBusy({ env: { FFMPEG: program } });
    const health = fetch(`${base}/health`).then((answer) => answer.json());
    expect(worker.calls).not.toContain('sign');
    gate.open();
    await appendFile(program, '# answer\n');
    expect(await health).toMatchObject({ versions: { ffmpeg: '9' } });
    expect(await worker.finished).toEqual({ completed: { warnings: [] } });
  });

  test('does not start without a confinement that is required, and says what is missing', async () => {
    const env = { DISPATCH_PUBLIC_KEY: PUBLIC_KEY_BASE64, PORT: '0', PATH: '/nonexistent' };
    const child = spawnDownloader({ ...env, CONFINEMENT: 'required' });
    const exited = once(child, 'exit');
    const [output, errors] = await Promise.all([textOf(child.stdout!), textOf(child.stderr!)]);
    expect(await exited).toEqual([1, null]);
    expect(errors).toMatch(/^CONFINEMENT is required, but .* here. bubblewrap is not installed.\n$/);
    const events = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(events.map(({ event }) => event)).toEqual(['downloader.confinement']);
    expect(events[0]).toMatchObject({ level: 'none', reason: 'bubblewrap is not installed.' });
  });

  test.each([
    ['no key', {}, 'DISPATCH_PUBLIC_KEY'],
    ['a key of another kind', { DISPATCH_PUBLIC_KEY: 'AAAA' }, 'Ed25519'],
    ['a port that is none', { DISPATCH_PUBLIC_KEY: PUBLIC_KEY_BASE64, PORT: 'web' }, 'PORT'],
    [
      'a wrong allowance',
      { DISPATCH_PUBLIC_KEY: PUBLIC_KEY_BASE64, EGRESS_ALLOW: 'storage:' },
      'EGRESS_ALLOW',
    ],
  ])('with %s says which variable is wrong, without a stack', async (_, env, name) => {
    const child = spawnDownloader(env);
    const errors: string[] = [];
    child.stderr?.on('data', (data: Buffer) => errors.push(data.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(1);
    expect(errors.join('')).toContain(name);
    expect(errors.join('')).not.toContain('    at ');
  });
});
