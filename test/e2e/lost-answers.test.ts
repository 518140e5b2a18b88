/** Requests arrive, but their answers are lost. The repeated request has no second effect, and the attempt continues. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectApi, type Api } from '../support/stack/api.ts';
import { startDownloader } from '../support/stack/downloader.ts';
import { file, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { d1 } from '../support/stack/local-state.ts';
import { startLossyProxy, type LossyProxy } from '../support/lossy-proxy.ts';
import { expectOneEnd, expectOnlyOneObject } from '../support/stack/one-end.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { makeWav } from '../support/wav.ts';

const BIG = makeWav(40 * 1024 * 1024);
const SMALL = makeWav(150_000);
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

describe('the answer of the Worker is lost', () => {
  let stack: Stack;
  let api: Api;
  beforeAll(async () => {
    // Calls to the Worker and parts go to PUBLIC_URL.
    stack = await startStack({ env: { PUBLIC_URL: network.url } });
    network.forwardTo(stack.apiUrl);
    api = await connectApi(stack.apiUrl, stack.apiKey);
  });
  afterAll(() => stack.stop());

  test.for([
    ['complete, so the object is completed twice, and its job ended twice', /\/complete$/],
    ['artifacts, so the upload is opened twice', /\/artifacts$/],
    ['a part', /\/parts\/2$/],
  ] as const)('to %s', async ([, path]) => {
    const lost = network.loseAnswer((_method, at) => path.test(at));
    await expectUnharmed(await api.startImport({ url: source.url('/big.wav') }), lost);
  });

  test('to sign', async () => {
    const lost = network.loseAnswer((_method, path) => path.endsWith('/sign'));
    // Of a file that comes in after its announcement. Otherwise the signature comes with the plan.
    const earlier = network.log.length;
    const isAnnounced = () => network.log.slice(earlier).some((line) => line.includes('/artifacts '));
    const late = file(SMALL, {
      gate: async (sentBytes) => void (sentBytes > 0 && (await vi.waitUntil(isAnnounced, 30_000))),
    });
    source.serve('/late.wav', late);
    await expectUnharmed(await api.startImport({ url: source.url('/late.wav') }), lost, SMALL);
  });

  test('to heartbeat', async () => {
    const lost = network.loseAnswer((_method, path) => path.endsWith('/heartbeat'));
    // An import that ends within a second has no heartbeat.
    source.serve('/held.wav', async (request, response) => {
      await lost;
      await file(BIG)(request, response);
    });
    await expectUnharmed(await api.startImport({ url: source.url('/held.wav') }), lost);
  });

  async function expectUnharmed(jobId: string, lost: Promise<unknown>, bytes = BIG): Promise<void> {
    await lost;
    await expectOneEnd(stack, await api.ended(jobId, 60_000), bytes);
    const budget = d1(stack.stateDirectory, 'SELECT failures, attempt FROM jobs WHERE id = ?', jobId);
    expect(budget).toEqual([{ failures: 0, attempt: 1 }]);
    await expectOnlyOneObject(stack, jobId);
  }
});

test('if the answer to a dispatch is lost, the attempt continues', async () => {
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
