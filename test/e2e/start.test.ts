/** What `npm start` prints, stores, restarts and ends. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listProcesses } from '../../scripts/lib/processes.ts';
import { connectApi } from '../support/stack/api.ts';
import { file, gateAfter, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { d1 } from '../support/stack/local-state.ts';
import { spawnStart, startStack, type Stack } from '../support/stack/stack.ts';
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

/** Ends a stack with this signal and checks that all its processes end soon. The state stays. */
async function endBy(signal: NodeJS.Signals, ending: Stack): Promise<void> {
  const pids = ending.processes().map(({ pid }) => pid);
  expect(pids.length).toBeGreaterThanOrEqual(3);
  const startedAt = performance.now();
  expect(await ending.end(signal)).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(alive(pids)).toEqual([]);
}

describe('a running stack', () => {
  let running: Stack;
  beforeAll(async () => {
    running = await startStack();
  });
  afterAll(() => running.stop());

  test('prints a URL, a key and a curl command, and the key works', async () => {
    const api = await connectApi(running.apiUrl, running.apiKey);
    expect(running.output()).toContain(
      `curl -X POST ${running.apiUrl}/import -H "Authorization: Bearer ${running.apiKey}"`,
    );
    const ended = await api.ended(await api.startImport({ url: source.url('/tone.wav') }));
    expect(ended).toMatchObject({ status: 'completed', title: 'tone', fileSizeBytes: WAV.length });
  });

  test('prints a link that makes the account of the first owner', async () => {
    const [, url = ''] = /Dashboard: (\S+)/.exec(running.output()) ?? [];
    expect(url).toMatch(/\/setup\/[\w-]{43}$/);
    const dev = JSON.parse(await readFile(join(running.stateDirectory, 'dev.json'), 'utf8')) as object;
    expect(dev).toMatchObject({ apiUrl: running.apiUrl, dashboardUrl: url });
    const account = { name: 'Ada', email: 'ada@example.com', password: 'a long enough password' };
    const headers = { Origin: running.apiUrl };
    const made = await fetch(url, {
      method: 'POST',
      headers,
      body: new URLSearchParams(account),
      redirect: 'manual',
    });
    expect([made.status, made.headers.get('Location')]).toEqual([303, '/dashboard']);
    const cookie = made.headers.getSetCookie().map((line) => line.split(';')[0]);
    const page = await fetch(`${running.apiUrl}/dashboard`, { headers: { Cookie: cookie.join('; ') } });
    expect(await page.text()).toContain('ada@example.com');
  });

  test('keeps its secrets in files that only their owner can read', async () => {
    for (const name of ['dev.json', 'secrets.json', 'run.json']) {
      expect([name, (await stat(join(running.stateDirectory, name))).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  test('is named by a second start with the same state, which fails', async () => {
    const { code, output } = await failedStart({ IMPORTLY_STATE_DIR: running.stateDirectory, PORT: '1' });
    expect(code).toBe(1);
    expect(output).toContain(`It already runs at ${running.apiUrl}`);
    expect(await readFile(join(running.stateDirectory, 'run.json'), 'utf8')).toContain('workerd');
  });

  test('restarts a downloader that dies', async () => {
    const dead = running.downloaderPid();
    process.kill(dead, 'SIGKILL');
    const api = await connectApi(running.apiUrl, running.apiKey);
    const ended = await api.ended(await api.startImport({ url: source.url('/tone.wav') }));
    expect(ended.status).toBe('completed');
    expect(running.downloaderPid()).not.toBe(dead);
  });
});

describe('a second start', () => {
  test('after SIGHUP keeps the data and the key', async () => {
    const first = await startStack();
    const api = await connectApi(first.apiUrl, first.apiKey);
    const before = await api.ended(await api.startImport({ url: source.url('/tone.wav') }));
    await endBy('SIGHUP', first);
    stack = await startStack({ stateDirectory: first.stateDirectory });
    expect(stack.apiKey).toBe(first.apiKey);
    const again = await (await connectApi(stack.apiUrl, stack.apiKey)).status(before.jobId);
    expect(again).toMatchObject({ status: 'completed', fileSizeBytes: WAV.length });
    const media = await fetch(String(again['mediaUrl']));
    expect(Buffer.from(await media.arrayBuffer())).toEqual(WAV);
  });

  test('after SIGINT completes a job that was queued', async () => {
    // No downloader answers there, so the job stays queued.
    const first = await startStack({ env: { DOWNLOADER_URL: 'http://127.0.0.1:1' } });
    const before = await connectApi(first.apiUrl, first.apiKey);
    const jobId = await before.startImport({ url: source.url('/tone.wav') });
    // The first dispatch has failed by then. A stop during a dispatch costs a lease; killing.test.ts covers that.
    await before.until(jobId, ({ status, attempt }) => status === 'queued' && Number(attempt) > 0);
    expect(await first.end('SIGINT')).toBe(0);
    stack = await startStack({ stateDirectory: first.stateDirectory });
    const ended = await (await connectApi(stack.apiUrl, stack.apiKey)).ended(jobId);
    expect(ended.status).toBe('completed');
  });

  test('after SIGTERM completes a job that was handed back in the middle of its file', async () => {
    const big = makeWav(24 * 1024 * 1024);
    const held = gateAfter(2 * 1024 * 1024);
    source.serve('/big.wav', file(big, { gate: held.gate }));
    const first = await startStack();
    const api = await connectApi(first.apiUrl, first.apiKey);
    const jobId = await api.startImport({ url: source.url('/big.wav') });
    await api.until(jobId, (data) => Number(data['bytesDone']) > 0);
    await endBy('SIGTERM', first);
    held.open();
    stack = await startStack({ stateDirectory: first.stateDirectory });
    const ended = await (await connectApi(stack.apiUrl, stack.apiKey)).ended(jobId);
    expect(ended).toMatchObject({ status: 'completed', fileSizeBytes: big.length });
    const { stateDirectory } = stack;
    // Between the two, the free slot may have been offered once more to the downloader that was stopping.
    const sql = `SELECT outcome FROM attempts WHERE outcome <> 'undelivered'`;
    expect(d1(stateDirectory, sql)).toEqual([{ outcome: 'handed_back' }]);
    expect(d1(stateDirectory, 'SELECT failures FROM jobs')).toEqual([{ failures: 0 }]);
  });

  test('after SIGKILL ends the processes that were left and finds its data', async () => {
    const first = await startStack();
    const { stateDirectory, apiKey } = first;
    const workerd = first.workerPid();
    // Only the start script: its children stay, on its port and on its database.
    process.kill(first.processes()[0]!.pid, 'SIGKILL');
    await first.end();
    expect(alive([workerd])).toHaveLength(1);
    const port = Number(new URL(first.apiUrl).port);
    stack = await startStack({ stateDirectory, port });
    expect(alive([workerd])).toEqual([]);
    expect(stack.apiKey).toBe(apiKey);
  });
});

test('without Python and ffmpeg, the start says so, and direct files import', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'no-tools-'));
  stack = await startStack({ env: { PATH: empty, XDG_CACHE_HOME: empty } });
  expect(stack.output()).toMatch(/Python 3\.11/);
  expect(stack.output()).toMatch(/ffmpeg/);
  const api = await connectApi(stack.apiUrl, stack.apiKey);
  const ended = await api.ended(await api.startImport({ url: source.url('/tone.wav') }));
  expect(ended.status).toBe('completed');
  await endBy('SIGINT', stack);
  await rm(empty, { recursive: true });
});

/** Runs a start that is expected to fail, with its own empty state unless `env` names one. */
async function failedStart(env: Record<string, string>): Promise<{ code: number; output: string }> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'importly-e2e-'));
  const { child, output } = spawnStart({
    PATH: process.env['PATH'] ?? '',
    IMPORTLY_STATE_DIR: stateDirectory,
    ...env,
  });
  const [code] = await once(child, 'close');
  await rm(stateDirectory, { recursive: true, force: true });
  return { code: code as number, output: output() };
}

describe('a start fails', () => {
  test('with one sentence if its port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await failedStart({ PORT: `${port}` })).toEqual({
      code: 1,
      output: `Port ${port} is already in use; choose another one with PORT=<number>.\n`,
    });
    server.close();
  });

  test('with the name of a variable that is not valid', async () => {
    const { code, output } = await failedStart({ MAX_BYTES: 'lots' });
    expect(code).toBe(1);
    expect(output).toMatch(/^The configuration is not valid:\n  MAX_BYTES: .+\n$/);
  });
});
