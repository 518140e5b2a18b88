/** What a person meets who types `npm start`. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listProcesses } from '../../scripts/lib/processes.ts';
import { connectApi } from '../support/api.ts';
import { file, gateAfter, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { d1 } from '../support/local-state.ts';
import { spawnStart, startStack, type Stack } from '../support/stack.ts';
import { makeWav } from '../support/wav.ts';

const WAV = makeWav(20_000);
let source: HttpSource;
let stack: Stack | null = null;

beforeEach(async () => {
  source = await startHttpSource();
  source.serve('/tone.wav', file(WAV));
});
afterEach(async () => {
  await stack?.stop();
  stack = null;
  await source.close();
});

const alive = (pids: number[]) => listProcesses().filter(({ pid }) => pids.includes(pid));

test('it prints a URL, a key and a curl, and the key works', async () => {
  stack = await startStack();
  const api = await connectApi(stack.apiUrl, stack.apiKey);
  expect(stack.output()).toContain(
    `curl -X POST ${stack.apiUrl}/import -H "Authorization: Bearer ${stack.apiKey}"`,
  );
  const ended = await api.ended(await api.startImport({ url: source.url('/tone.wav') }));
  expect(ended).toMatchObject({ status: 'completed', title: 'tone', fileSizeBytes: WAV.length });
});

test('notes with secrets are readable by their owner alone', async () => {
  stack = await startStack();
  for (const name of ['dev.json', 'secrets.json', 'run.json']) {
    expect([name, (await stat(join(stack.stateDirectory, name))).mode & 0o777]).toEqual([name, 0o600]);
  }
});

test('a second start keeps the data and the key', async () => {
  const first = await startStack();
  const api = await connectApi(first.apiUrl, first.apiKey);
  const before = await api.ended(await api.startImport({ url: source.url('/tone.wav') }));
  expect(await first.end()).toBe(0);
  stack = await startStack({ stateDirectory: first.stateDirectory });
  expect(stack.apiKey).toBe(first.apiKey);
  const again = await (await connectApi(stack.apiUrl, stack.apiKey)).status(before.jobId);
  expect(again).toMatchObject({ status: 'completed', fileSizeBytes: WAV.length });
  const media = await fetch(String(again['mediaUrl']));
  expect(Buffer.from(await media.arrayBuffer())).toEqual(WAV);
});

test('a job that is queued at the stop completes after the next start', async () => {
  // No downloader answers there, so the job stays queued.
  const first = await startStack({ env: { DOWNLOADER_URL: 'http://127.0.0.1:1' } });
  const before = await connectApi(first.apiUrl, first.apiKey);
  const jobId = await before.startImport({ url: source.url('/tone.wav') });
  // Its first offer has come back: a stop in the middle of one is a lost Worker, and costs a lease (killing.test.ts).
  await before.until(jobId, ({ status, attempt }) => status === 'queued' && Number(attempt) > 0);
  expect(await first.end('SIGINT')).toBe(0);
  stack = await startStack({ stateDirectory: first.stateDirectory });
  const ended = await (await connectApi(stack.apiUrl, stack.apiKey)).ended(jobId);
  expect(ended.status).toBe('completed');
});

describe('the end', () => {
  test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends every process within seconds',
    async (signal) => {
      stack = await startStack();
      const pids = stack.processes().map(({ pid }) => pid);
      expect(pids.length).toBeGreaterThanOrEqual(3);
      const startedAt = performance.now();
      expect(await stack.end(signal)).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(alive(pids)).toEqual([]);
    },
  );

  test('a job in the middle of its file is handed back, and completes after the next start', async () => {
    const big = makeWav(24 * 1024 * 1024);
    const held = gateAfter(2 * 1024 * 1024);
    source.serve('/big.wav', file(big, { gate: held.gate }));
    const first = await startStack();
    const api = await connectApi(first.apiUrl, first.apiKey);
    const jobId = await api.startImport({ url: source.url('/big.wav') });
    await api.until(jobId, (data) => Number(data['bytesDone']) > 0);
    await first.end();
    held.open();
    stack = await startStack({ stateDirectory: first.stateDirectory });
    const ended = await (await connectApi(stack.apiUrl, stack.apiKey)).ended(jobId);
    expect(ended).toMatchObject({ status: 'completed', fileSizeBytes: big.length });
    const { stateDirectory } = stack;
    // Between the two, the free place may have been offered once more to the downloader that was leaving.
    const sql = `SELECT outcome FROM attempts WHERE outcome <> 'undelivered' ORDER BY attempt`;
    expect(d1(stateDirectory, sql)).toEqual([{ outcome: 'handed_back' }, { outcome: 'completed' }]);
    expect(d1(stateDirectory, 'SELECT failures FROM jobs')).toEqual([{ failures: 0 }]);
  });
});

test('a downloader that dies is started again', async () => {
  stack = await startStack();
  const dead = stack.downloaderPid();
  process.kill(dead, 'SIGKILL');
  const api = await connectApi(stack.apiUrl, stack.apiKey);
  const ended = await api.ended(await api.startImport({ url: source.url('/tone.wav') }));
  expect(ended.status).toBe('completed');
  expect(stack.downloaderPid()).not.toBe(dead);
});

test('a start after a power cut ends what was left and finds its data', async () => {
  const first = await startStack();
  const { stateDirectory, apiKey } = first;
  const workerd = first.workerPid();
  // Only the start script: what it started stays behind, on its port and on its database.
  process.kill(first.processes()[0]!.pid, 'SIGKILL');
  await first.end();
  expect(alive([workerd])).toHaveLength(1);
  const port = Number(new URL(first.apiUrl).port);
  stack = await startStack({ stateDirectory, port });
  expect(alive([workerd])).toEqual([]);
  expect(stack.apiKey).toBe(apiKey);
});

test('without Python and ffmpeg it says so, and direct files import', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'no-tools-'));
  stack = await startStack({ env: { PATH: empty, XDG_CACHE_HOME: empty } });
  expect(stack.output()).toMatch(/Python 3\.11/);
  expect(stack.output()).toMatch(/ffmpeg/);
  const api = await connectApi(stack.apiUrl, stack.apiKey);
  const ended = await api.ended(await api.startImport({ url: source.url('/tone.wav') }));
  expect(ended.status).toBe('completed');
  await rm(empty, { recursive: true });
});

describe('a start that cannot be', () => {
  const run = async (env: Record<string, string>) => {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'importly-e2e-'));
    const { child, output } = spawnStart({
      PATH: process.env['PATH'] ?? '',
      IMPORTLY_STATE_DIR: stateDirectory,
      ...env,
    });
    const [code] = await once(child, 'close');
    await rm(stateDirectory, { recursive: true, force: true });
    return { code: code as number, output: output() };
  };

  test('on a port in use is one sentence', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await run({ PORT: `${port}` })).toEqual({
      code: 1,
      output: `Port ${port} is already in use; choose another one with PORT=<number>.\n`,
    });
    server.close();
  });

  test('with a wrong variable names it', async () => {
    const { code, output } = await run({ MAX_BYTES: 'lots' });
    expect(code).toBe(1);
    expect(output).toMatch(/^The configuration is not valid:\n  MAX_BYTES: .+\n$/);
  });

  test('beside one that runs on the same state names that one', async () => {
    stack = await startStack();
    const { code, output } = await run({ IMPORTLY_STATE_DIR: stack.stateDirectory, PORT: '1' });
    expect(code).toBe(1);
    expect(output).toContain(`It already runs at ${stack.apiUrl}`);
    expect(await readFile(join(stack.stateDirectory, 'run.json'), 'utf8')).toContain('workerd');
  });
});
