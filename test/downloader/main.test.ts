import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { file, gateAfter, startHttpSource } from '../support/http-source.ts';
import { LARGE, MIB } from './jobs/one-job.ts';
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

/** A downloader process with a job that waits in the middle of a large file. */
async function startBusy() {
  const workDirectory = await mkdtemp(join(tmpdir(), 'importly-test-'));
  cleanUps.push(() => rm(workDirectory, { recursive: true, force: true }));
  await mkdir(join(workDirectory, `importly-job-${2 ** 22 + 1}-gone`));
  const child = spawnDownloader({
    PORT: '0',
    WORK_DIR: workDirectory,
    EGRESS_ALLOW: '127.0.0.1',
    DISPATCH_PUBLIC_KEY: PUBLIC_KEY_BASE64,
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const base = `http://127.0.0.1:${port}`;
  const source = await startHttpSource();
  const gate = gateAfter(20 * MIB);
  source.serve('/a.wav', file(LARGE, { gate: gate.gate }));
  const worker = await startWorkerStandIn();
  cleanUps.push(() => source.close(), worker.close);
  const body = JSON.stringify(worker.command(source.url('/a.wav')));
  expect((await dispatch(base, { method: 'POST', path: '/jobs', body })).status).toBe(202);
  await expect.poll(() => worker.calls, { timeout: 10_000 }).toContain('sign');
  return { child, worker, gate, workDirectory };
}

describe('the downloader process', () => {
  test('runs a dispatched job to its end and sweeps the folders of dead processes', async () => {
    const { worker, gate, workDirectory } = await startBusy();
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
    const exited = once(child, 'exit');
    stop(child);
    expect(await worker.finished).toMatchObject({ failed: { failure: { code: 'downloader_draining' } } });
    expect(await exited).toEqual([0, null]);
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
