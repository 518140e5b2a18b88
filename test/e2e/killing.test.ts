/** Kills parts of the stack while a job runs. Each job completes with the bytes of its source and one bill. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectApi, type Api, type ImportData } from '../support/stack/api.ts';
import { startDownloader, type TestDownloader } from '../support/stack/downloader.ts';
import { file, gateAfter, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { d1, unfinishedParts } from '../support/stack/local-state.ts';
import { startLossyProxy, type LossyProxy } from '../support/lossy-proxy.ts';
import { expectOneEnd, expectOnlyOneObject, outcomesOf } from '../support/stack/one-end.ts';
import { startStack, type Stack, type StackOptions } from '../support/stack/stack.ts';
import { makeWav } from '../support/wav.ts';
import { neverAnswers, startWebhookReceiver } from '../support/webhook-receiver.ts';

const MIB = 1024 * 1024;
const BIG = makeWav(64 * MIB);
const SMALL = makeWav(50_000);

let source: HttpSource;
let stack: Stack;
let api: Api;
/** Run after each test, the last one first. */
const cleanups: (() => Promise<void>)[] = [];

beforeEach(async () => {
  source = await startHttpSource();
  source.serve('/small.wav', file(SMALL));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await stack.stop();
  await source.close();
});

async function start(options: StackOptions = {}): Promise<void> {
  stack = await startStack(options);
  api = await connectApi(stack.apiUrl, stack.apiKey);
}
async function proxy(): Promise<LossyProxy> {
  const made = await startLossyProxy();
  cleanups.push(() => made.close());
  return made;
}
async function extraDownloader(): Promise<TestDownloader> {
  const made = await startDownloader(stack.stateDirectory);
  cleanups.push(() => made.stop());
  return made;
}

/** Starts a job and stops its source in the middle of the multipart upload, until `open` is called. */
async function jobInMultipart(): Promise<{ jobId: string; open: () => void }> {
  const gate = gateAfter(40 * MIB);
  source.serve('/big.wav', file(BIG, { gate: gate.gate }));
  const jobId = await api.startImport({ url: source.url('/big.wav') });
  await api.until(jobId, () => unfinishedParts(stack.stateDirectory) > 0);
  return { jobId, open: () => gate.open() };
}

/** Ends the lease of the running attempt, which saves the wait. */
function expireLease(jobId: string): void {
  const rows = d1(
    stack.stateDirectory,
    'UPDATE jobs SET lease_until = 1 WHERE id = ? AND lease_until IS NOT NULL RETURNING id',
    jobId,
  );
  expect(rows).toEqual([{ id: jobId }]);
}

describe('SIGKILL', () => {
  test('of the downloader in the middle of a multipart upload: the job runs again within 10 s', async () => {
    await start();
    const { jobId, open } = await jobInMultipart();
    process.kill(stack.downloaderPid(), 'SIGKILL');
    // The next process knows of the attempt, and the Worker ends it before its lease.
    await api.until(jobId, ({ status, attempt }) => status === 'processing' && attempt === 2, 10_000);
    open();
    const data = await api.ended(jobId, 60_000);
    await expectOneEnd(stack, data, BIG);
    expect(data['attempt']).toBe(2);
    const sql = 'SELECT outcome, error_code FROM attempts WHERE job_id = ?';
    expect(d1(stack.stateDirectory, sql, jobId)).toEqual([
      { outcome: 'expired', error_code: 'downloader_lost' },
    ]);
    await expectOnlyOneObject(stack, jobId);
  });

  test('of the runtime of the Worker in the middle of a multipart upload', async () => {
    await start();
    const { jobId, open } = await jobInMultipart();
    process.kill(stack.workerPid(), 'SIGKILL');
    open();
    const data = await pollThrough(jobId);
    await expectOneEnd(stack, data, BIG);
    await expectOnlyOneObject(stack, jobId);
  });

  test('of the runtime of the Worker while it sends a webhook, which is sent again under the same id', async () => {
    await start();
    const receiver = await startWebhookReceiver({ '/hook': neverAnswers });
    cleanups.push(() => receiver.close());
    const webhookUrl = receiver.url('/hook');
    const jobId = await api.startImport({ url: source.url('/small.wav'), webhookUrl });
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(1);
    const ended = await api.ended(jobId);
    process.kill(stack.workerPid(), 'SIGKILL');
    await expect.poll(() => api.status(jobId).catch(() => null), { timeout: 30_000 }).not.toBeNull();
    const expire =
      'UPDATE webhook_deliveries SET next_at = 1 WHERE job_id = ? AND status = ? RETURNING attempt';
    expect(d1(stack.stateDirectory, expire, jobId, 'sending')).toEqual([{ attempt: 1 }]);
    await stack.sweep();
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(2);
    const [first, second] = receiver.received;
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    await expectOneEnd(stack, ended, SMALL);
  });

  test('of everything between claim and dispatch', async () => {
    const network = await proxy();
    const dispatched = network.swallow((method, path) => method === 'POST' && path === '/jobs');
    await start({ env: { DOWNLOADER_URL: network.url } });
    const jobId = await api.startImport({ url: source.url('/small.wav') });
    await dispatched;
    expect(await api.status(jobId)).toMatchObject({ status: 'processing', attempt: 1 });
    await stack.killEverything();
    await start({ stateDirectory: stack.stateDirectory });
    expireLease(jobId);
    await stack.sweep();
    const data = await api.ended(jobId);
    await expectOneEnd(stack, data, SMALL);
    // An attempt that was never delivered does not count as a failure.
    expect(d1(stack.stateDirectory, 'SELECT failures, attempt FROM jobs WHERE id = ?', jobId)).toEqual([
      { failures: 0, attempt: 2 },
    ]);
    await expectOnlyOneObject(stack, jobId);
  });

  test('of everything in the middle of a multipart upload', async () => {
    await start();
    const { jobId, open } = await jobInMultipart();
    await stack.killEverything();
    open();
    await start({ stateDirectory: stack.stateDirectory });
    // The Worker has another address now, so the note of the attempt does not reach it.
    expireLease(jobId);
    await stack.sweep();
    await expectOneEnd(stack, await api.ended(jobId, 60_000), BIG);
    await expectOnlyOneObject(stack, jobId);
  });
});

/** Polls until the job has ended, also while the API does not answer. Sweeps as the start script does. */
async function pollThrough(jobId: string): Promise<ImportData> {
  const deadline = performance.now() + 90_000;
  while (performance.now() < deadline) {
    const data = await api.ended(jobId, 10_000).catch(() => null);
    if (data !== null) return data;
    d1(stack.stateDirectory, `UPDATE jobs SET run_after = 1 WHERE id = ? AND status = 'queued'`, jobId);
    await stack.sweep().catch(() => undefined);
  }
  throw new Error('the job has not ended');
}

test('a downloader that wakes up after its lease has expired changes nothing', async () => {
  const network = await proxy();
  await start({ env: { DOWNLOADER_URL: network.url } });
  const zombie = await extraDownloader();
  network.forwardTo(zombie.url);
  const { jobId, open } = await jobInMultipart();
  zombie.freeze();
  open();
  const successor = await extraDownloader();
  network.forwardTo(successor.url);
  expireLease(jobId);
  await stack.sweep();
  d1(stack.stateDirectory, `UPDATE jobs SET run_after = 1 WHERE id = ? AND status = 'queued'`, jobId);
  await stack.sweep();
  await expectOneEnd(stack, await api.ended(jobId, 60_000), BIG);

  zombie.thaw();
  await untilIdle(zombie.url);
  await expectOneEnd(stack, await api.status(jobId), BIG);
  expect(outcomesOf(stack, jobId)).toEqual(['expired', 'completed']);
  await expectOnlyOneObject(stack, jobId);
});

/** Waits until a downloader has no job, because it has noticed that it lost its lease. */
async function untilIdle(url: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const health = (await (await fetch(`${url}/health`)).json()) as { jobs: unknown[] };
    if (health.jobs.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the downloader has not dropped the job');
}
