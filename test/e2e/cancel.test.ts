/** Cancels imports: a queued one at once, a running one within a heartbeat. Neither leaves objects or charges. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectApi, type Api } from '../support/stack/api.ts';
import { file, gateAfter, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { d1, storedKeys, unfinishedParts } from '../support/stack/local-state.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { makeWav } from '../support/wav.ts';

const BIG = makeWav(48 * 1024 * 1024);
let stack: Stack;
let api: Api;
let source: HttpSource;

beforeAll(async () => {
  source = await startHttpSource();
  stack = await startStack({ env: { JOBS_PER_SLOT: '1' } });
  api = await connectApi(stack.apiUrl, stack.apiKey);
});
afterAll(async () => {
  await stack.stop();
  await source.close();
});

const ledgerOf = (jobId: string) =>
  d1(stack.stateDirectory, 'SELECT status, bytes, microdollars FROM ledger WHERE job_id = ?', jobId);

test('a running and a queued import are canceled and leave nothing', async () => {
  const held = gateAfter(30 * 1024 * 1024);
  source.serve('/held.wav', file(BIG, { gate: held.gate }));
  const running = await api.startImport({ url: source.url('/held.wav') });
  await api.until(running, () => unfinishedParts(stack.stateDirectory) > 0);
  // JOBS_PER_SLOT is 1, so this job has to wait.
  const queued = await api.startImport({ url: source.url('/held.wav') });

  const answer = await api.send('DELETE', `/imports/${queued}`);
  expect(answer).toMatchObject({
    status: 200,
    body: { success: true, data: { jobId: queued, status: 'canceled' } },
  });

  expect((await api.send('DELETE', `/imports/${running}`)).status).toBe(200);
  // A heartbeat takes at most 15 s, and the Worker also tells the downloader at once.
  expect(await api.until(running, (data) => data.status !== 'processing', 15_000)).toMatchObject({
    status: 'canceled',
    costInDollars: 0,
  });
  held.open();
  for (const jobId of [running, queued]) {
    expect(ledgerOf(jobId)).toEqual([{ status: 'canceled', bytes: 0, microdollars: 0 }]);
  }
  expect(storedKeys(stack.stateDirectory)).toEqual([]);
  expect(unfinishedParts(stack.stateDirectory)).toBe(0);
  // The note of an attempt is removed when its report has been answered.
  await expect.poll(() => readdir(join(stack.stateDirectory, 'work'))).toEqual([]);
});

test('a second cancel succeeds without effect, and a completed import cannot be canceled', async () => {
  source.serve('/small.wav', file(makeWav(10_000)));
  const done = await api.startImport({ url: source.url('/small.wav') });
  expect((await api.ended(done)).status).toBe('completed');
  expect(await api.send('DELETE', `/imports/${done}`)).toMatchObject({
    status: 409,
    body: { success: false, code: 'job_already_ended' },
  });
  const canceled = String(
    d1(stack.stateDirectory, `SELECT id FROM jobs WHERE status = 'canceled'`)[0]?.['id'],
  );
  expect((await api.send('DELETE', `/imports/${canceled}`)).status).toBe(200);
  expect(ledgerOf(canceled)).toEqual([{ status: 'canceled', bytes: 0, microdollars: 0 }]);
});

test('an unknown import cannot be canceled', async () => {
  const { status, body } = await api.send('DELETE', '/imports/01890000-0000-7000-8000-000000000000');
  expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'job_not_found' });
});
