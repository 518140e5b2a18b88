/** Imports for a prepaid balance, which the operator adds with `npm run credit`. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { file, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { connectApi, type Api } from '../support/stack/api.ts';
import { d1 } from '../support/stack/local-state.ts';
import { expectOneEnd } from '../support/stack/one-end.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { makeWav } from '../support/wav.ts';

const CREDIT = join(import.meta.dirname, '../../scripts/credit.ts');
/** Costs $0.012. */
const WAV = makeWav(4_000_000);

let source: HttpSource;
let stack: Stack;
let api: Api;
let workspaceId: string;
let sentBytes = 0;

const credit = async (...args: string[]): Promise<string> => {
  const env = { PATH: process.env['PATH'], IMPORTLY_STATE_DIR: stack.stateDirectory };
  return (await promisify(execFile)(process.execPath, [CREDIT, ...args], { env })).stdout.trim();
};

beforeAll(async () => {
  source = await startHttpSource();
  const countBytes = async (sent: number) => {
    sentBytes = sent;
  };
  source.serve('/long.wav', file(WAV, { length: false, ranges: false, gate: countBytes }));
  stack = await startStack({ env: { BILLING: 'on', FREE_BYTES: '0' } });
  api = await connectApi(stack.apiUrl, stack.apiKey);
  workspaceId = String(d1(stack.stateDirectory, 'SELECT id FROM workspaces')[0]?.['id']);
});
afterAll(async () => {
  await stack.stop();
  await source.close();
});

test('without a balance, a request is refused; a payment of the operator counts at once', async () => {
  const request = { url: source.url('/long.wav') };
  expect(await api.send('POST', '/import', request)).toMatchObject({
    status: 402,
    body: { code: 'insufficient_balance' },
  });
  expect(await credit('add', workspaceId, '0.003', '--note', 'invoice 1')).toBe(
    `Added $0.003000. The balance of ${workspaceId} is $0.003000.`,
  );
});

test('the downloader ends an import whose file, of unknown length, costs more than the balance', async () => {
  const jobId = await api.startImport({ url: source.url('/long.wav') });
  expect(await api.ended(jobId)).toMatchObject({
    status: 'failed',
    error: { code: 'insufficient_balance' },
    costInMicrodollars: 0,
  });
  // It has read what the balance pays, 1 MB, and what was on the way.
  expect(sentBytes).toBeGreaterThan(1_000_000);
  expect(sentBytes).toBeLessThan(WAV.length);
  const attempts = d1(
    stack.stateDirectory,
    'SELECT outcome, error_code FROM attempts WHERE job_id = ?',
    jobId,
  );
  expect(attempts).toEqual([{ outcome: 'failed', error_code: 'insufficient_balance' }]);
  expect(await credit('list')).toContain(`${workspaceId}         $0.003000  paid $0.003000, spent $0.000000`);
});

test('after another payment, the same file is imported, and its cost is taken from the balance', async () => {
  await credit('add', workspaceId, '1');
  const jobId = await api.startImport({ url: source.url('/long.wav') });
  const ended = await api.ended(jobId);
  await expectOneEnd(stack, ended, WAV);
  expect(ended).toMatchObject({ status: 'completed', costInMicrodollars: 0.003 * WAV.length });
  const list = await credit('list', workspaceId);
  expect(list).toMatch(/^\S+ +\$0\.003000 {2}invoice 1\n\S+ +\$1\.000000$/);
  const balance = (1_003_000 - 0.003 * WAV.length) / 1e6;
  expect(await credit('list')).toContain(`$${balance.toFixed(6)}  paid $1.003000`);
});
