/** The commands of the runbook for jobs, dead letters and API keys, on a running local service. */
import { homedir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answer, file, gateAfter, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { commandBelow, commandsBelow, runCommand } from '../support/runbook.ts';
import { connectApi, type Api } from '../support/stack/api.ts';
import { d1 } from '../support/stack/local-state.ts';
import { expectOneEnd, expectOnlyOneObject } from '../support/stack/one-end.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { makeWav } from '../support/wav.ts';

const MIB = 1024 * 1024;
const BIG = makeWav(24 * MIB);
const STUCK = 'A job does not end';

let stack: Stack;
let api: Api;
let source: HttpSource;

beforeAll(async () => {
  source = await startHttpSource();
  stack = await startStack({ env: { RATE_LIMITS: 'on' } });
  api = await connectApi(stack.apiUrl, stack.apiKey);
});
afterAll(async () => {
  await stack.stop();
  await source.close();
});

/** Runs a command as the operator of a local service does. */
function run(command: string, values: Record<string, string> = {}): Promise<string> {
  const [local] = commandsBelow('Runbook').filter((line) => line.includes('--local'));
  const line = `${local?.replace('.importly', stack.stateDirectory)}; ${command}`;
  return runCommand(line, { env: { HOME: homedir() }, values });
}

test('a job that a downloader holds is shown, taken from it and run again', async () => {
  const held = gateAfter(4 * MIB);
  let requests = 0;
  source.serve('/held.wav', (request, response) =>
    file(BIG, { ranges: false, ...(requests++ === 0 && { gate: held.gate }) })(request, response),
  );
  const jobId = await api.startImport({ url: source.url('/held.wav') });
  await api.until(jobId, ({ status }) => status === 'processing');
  await expect.poll(() => requests).toBe(1);

  expect(await run(commandBelow(STUCK, 'SELECT status, stage'), { JOB_ID: jobId })).toContain('"processing"');
  await run(commandBelow(STUCK, "status = 'queued', stage"), { JOB_ID: jobId });
  await stack.sweep();
  const data = await api.ended(jobId);
  held.open();
  expect(data).toMatchObject({ status: 'completed', attempt: 2 });
  await expectOneEnd(stack, data, BIG);
  await expectOnlyOneObject(stack, jobId);
  const attempts = await run(commandBelow(STUCK, 'FROM attempts'), { JOB_ID: jobId });
  expect(attempts).toMatch(/"attempt": 1,\s+"slot": "slot-0",\s+"outcome": "handed_back"/);
  expect(await run(commandBelow(STUCK, 'SELECT status, stage'), { JOB_ID: jobId })).toMatch(
    /"attempt": 2,\s+"failures": \d,\s+"slot": "slot-0"/,
  );
  expect(await run(commandBelow(STUCK, 'FROM workspaces'), { JOB_ID: jobId })).toMatch(/"running": 0/);
});

test('a job that waits after failures is tried with the next sweep', async () => {
  let requests = 0;
  const unavailable = answer(503, 'text/plain', 'later');
  const wav = file(makeWav(6_000));
  source.serve('/later.wav', (request, response) =>
    (requests++ === 0 ? unavailable : wav)(request, response),
  );
  const jobId = await api.startImport({ url: source.url('/later.wav') });
  await api.until(jobId, (data) => data.status === 'queued' && requests > 0);
  // An hour, as after many failures.
  d1(stack.stateDirectory, 'UPDATE jobs SET run_after = run_after + 3600000 WHERE id = ?', jobId);
  await run(commandBelow(STUCK, "run_after = 0 WHERE id = 'JOB_ID' AND status = 'queued'"), {
    JOB_ID: jobId,
  });
  await stack.sweep();
  expect(await api.ended(jobId)).toMatchObject({ status: 'completed' });
});

test('pauses of slots are shown and ended', async () => {
  const later = Date.now() + 3600_000;
  const pause =
    'INSERT INTO slot_pauses (slot, since, tries, paused_until, is_silent) VALUES (?, 0, 5, ?, 1)';
  d1(stack.stateDirectory, pause, 'slot-0', later);
  source.serve('/paused.wav', file(makeWav(6_000)));
  const jobId = await api.startImport({ url: source.url('/paused.wav') });
  await stack.sweep();
  expect((await api.status(jobId)).status).toBe('queued');
  expect(await run(commandBelow(STUCK, 'SELECT slot, tries'))).toContain('slot-0');
  await run(commandBelow(STUCK, 'DELETE FROM slot_pauses'));
  await stack.sweep();
  expect(await api.ended(jobId)).toMatchObject({ status: 'completed' });
});

test('dead letters are shown, and old ones are removed', async () => {
  const insert = 'INSERT INTO dead_letters (id, body, attempts, sent_at, received_at) VALUES (?, ?, 3, 0, ?)';
  d1(stack.stateDirectory, insert, 'old-letter', '{"ring":true}', Date.now() - 2 * 3600_000);
  d1(stack.stateDirectory, insert, 'new-letter', '{"ring":true}', Date.now());
  const shown = await run(commandBelow('Dead letters', 'SELECT'));
  expect(shown).toMatch(/new-letter[^]*old-letter/);
  await run(commandBelow('Dead letters', 'DELETE'));
  expect(d1(stack.stateDirectory, 'SELECT id FROM dead_letters')).toEqual([{ id: 'new-letter' }]);
});

test('the plan of a workspace is changed', async () => {
  const ask = async () => {
    const headers = { Authorization: `Bearer ${stack.apiKey}` };
    return (await fetch(`${stack.apiUrl}/storage`, { headers })).headers.get('X-RateLimit-Plan');
  };
  expect(await ask()).toBe('free');
  const shown = await run(commandBelow('Change the plan of a workspace', 'SELECT'));
  const [, id = ''] = /"id": "([0-9a-f-]{36})"/.exec(shown) ?? [];
  await run(commandBelow('Change the plan of a workspace', 'UPDATE'), { WORKSPACE_ID: id });
  expect(await ask()).toBe('paid');
});

test('an API key is found by its last characters and revoked', async () => {
  const list = () =>
    fetch(`${stack.apiUrl}/storage`, { headers: { Authorization: `Bearer ${stack.apiKey}` } });
  expect((await list()).status).toBe(404);
  const shown = await run(commandBelow('Replace an API key', 'SELECT'));
  expect(shown).toContain(`"last_four": "${stack.apiKey.slice(-4)}"`);
  const [, keyId = ''] = /"id": "([0-9a-f-]{36})"/.exec(shown) ?? [];
  await run(commandBelow('Replace an API key', 'UPDATE'), { KEY_ID: keyId });
  expect((await list()).status).toBe(401);
});
