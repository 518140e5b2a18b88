/** Requests arrive, their answers do not: what is said twice happens once, and no attempt is spent on it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectApi, type Api } from '../support/api.ts';
import { startDownloader } from '../support/downloader.ts';
import { file, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { d1 } from '../support/local-state.ts';
import { startLossyProxy, type LossyProxy } from '../support/lossy-proxy.ts';
import { expectOneEnd, expectOnlyOneObject } from '../support/one-end.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { makeWav } from '../support/wav.ts';

const BIG = makeWav(40 * 1024 * 1024);
const SMALL = makeWav(50_000);
let source: HttpSource;
let network: LossyProxy;

beforeAll(async () => {
  source = await startHttpSource();
  source.serve('/big.wav', file(BIG));
  source.serve('/small.wav', file(SMALL));
  network = await startLossyProxy();
});
afterAll(async () => {
  await network.close();
  await source.close();
});

describe('from the Worker to the downloader', () => {
  let stack: Stack;
  let api: Api;
  beforeAll(async () => {
    // Control calls and parts go where PUBLIC_URL says.
    stack = await startStack({ env: { PUBLIC_URL: network.url } });
    network.forwardTo(stack.apiUrl);
    api = await connectApi(stack.apiUrl, stack.apiKey);
  });
  afterAll(() => stack.stop());

  test.for([
    ['completed, so that the report is doubled', /\/completed$/],
    ['complete, so that the object is completed twice', /\/complete$/],
    ['artifacts, so that the upload is opened twice', /\/artifacts$/],
    ['a signature', /\/sign$/],
    ['a part', /\/parts\/2$/],
    ['a heartbeat', /\/heartbeat$/],
  ] as const)('to %s', async ([, path]) => {
    const lost = network.loseAnswer((_method, at) => path.test(at));
    const jobId = await api.startImport({ url: source.url('/big.wav') });
    await lost;
    await expectOneEnd(stack, await api.ended(jobId, 60_000), BIG);
    const budget = d1(stack.stateDirectory, 'SELECT failures, attempt FROM jobs WHERE id = ?', jobId);
    expect(budget).toEqual([{ failures: 0, attempt: 1 }]);
    await expectOnlyOneObject(stack, jobId);
  });
});

test('from the downloader to a dispatch: it has begun, and goes on', async () => {
  const stack = await startStack({ env: { DOWNLOADER_URL: network.url } });
  const downloader = await startDownloader(stack.stateDirectory);
  try {
    network.forwardTo(downloader.url);
    const api = await connectApi(stack.apiUrl, stack.apiKey);
    const lost = network.loseAnswer((method, path) => method === 'POST' && path === '/jobs');
    const jobId = await api.startImport({ url: source.url('/small.wav') });
    await lost;
    await expectOneEnd(stack, await api.ended(jobId), SMALL);
    await expectOnlyOneObject(stack, jobId);
  } finally {
    await downloader.stop();
    await stack.stop();
  }
});
