/** One Worker and three downloaders: two that take calls, of which one is killed, and one that fetches its jobs. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectApi, type Api } from '../support/stack/api.ts';
import { startDownloader, type TestDownloader } from '../support/stack/downloader.ts';
import { file, gateAfter, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { d1 } from '../support/stack/local-state.ts';
import { expectOneEnd } from '../support/stack/one-end.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { makeWav } from '../support/wav.ts';

const FLEET = join(import.meta.dirname, '../../scripts/fleet.ts');
const run = promisify(execFile);
const HELD = makeWav(500_000);

describe('a fleet', () => {
  let source: HttpSource;
  let stack: Stack;
  let api: Api;
  const downloaders: TestDownloader[] = [];

  const fleet = async (...args: string[]): Promise<string> => {
    const env = { PATH: process.env['PATH'], IMPORTLY_STATE_DIR: stack.stateDirectory };
    return (await run(process.execPath, [FLEET, ...args], { env })).stdout;
  };
  const variablesIn = (text: string) =>
    Object.fromEntries(
      Array.from(text.matchAll(/^ {2}([A-Z_]+)=(.+)$/gm), ([, name, value]) => [name, value]),
    );
  const slotOf = (jobId: string) =>
    d1(
      stack.stateDirectory,
      `SELECT slot FROM (SELECT attempt, slot FROM attempts WHERE job_id = ?
        UNION ALL SELECT attempt, coalesce(slot, completed_in) FROM jobs WHERE id = ? AND status IN ('processing', 'completed'))
        ORDER BY attempt DESC LIMIT 1`,
      jobId,
      jobId,
    )[0]?.['slot'];

  beforeAll(async () => {
    source = await startHttpSource();
    source.serve('/small.wav', file(makeWav(50_000)));
    const first = await startStack();
    const { stateDirectory } = first;
    await first.end();
    downloaders.push(await startDownloader(stateDirectory), await startDownloader(stateDirectory));
    const urls = downloaders.map(({ url }) => url).join(',');
    stack = await startStack({
      stateDirectory,
      env: { DOWNLOADER_URL: urls, DOWNLOADER_SLOTS: '2', JOBS_PER_SLOT: '1' },
    });
    api = await connectApi(stack.apiUrl, stack.apiKey);
    const member = variablesIn(await fleet('add', 'rack-1')) as Record<string, string>;
    downloaders.push(await startDownloader(stateDirectory, { env: { ...member, JOBS_PER_SLOT: '1' } }));
  });
  afterAll(async () => {
    for (const downloader of downloaders) await downloader.stop();
    await stack.stop();
    await source.close();
  });

  test('runs jobs in all three, and gives those of a killed one to the others', async () => {
    const gate = gateAfter(20_000);
    source.serve('/gated.wav', file(HELD, { gate: gate.gate }));
    const held = await Promise.all([1, 2, 3].map(() => api.startImport({ url: source.url('/gated.wav') })));
    for (const jobId of held) await api.until(jobId, ({ status }) => status === 'processing');
    expect(new Set(held.map(slotOf))).toEqual(new Set(['pull-rack-1', 'slot-0', 'slot-1']));

    const killed = held.find((jobId) => slotOf(jobId) === 'slot-1') ?? '';
    await downloaders[1]?.kill();
    // Instead of waiting a minute for it: the lease of the attempt has ended.
    d1(stack.stateDirectory, 'UPDATE jobs SET lease_until = 1 WHERE id = ?', killed);
    await stack.sweep();
    gate.open();
    const ended = await Promise.all(held.map((jobId) => api.ended(jobId, 60_000)));
    for (const data of ended) await expectOneEnd(stack, data, HELD);
    expect(slotOf(killed)).not.toBe('slot-1');
  });

  test('shows its members, and gives a revoked one nothing more', async () => {
    expect(await fleet('list')).toMatch(/^rack-1 .*last seen 2/);
    expect(await fleet('revoke', 'rack-1')).toContain('Revoked rack-1.');
    expect(await fleet('list')).toMatch(/^rack-1 .*revoked 2/);
    await expect(fleet('revoke', 'rack-1')).rejects.toThrow('There is no member rack-1 that is not revoked.');
    await expect(fleet('add', 'rack-1')).rejects.toThrow('There is a member rack-1 already');
    await expect(fleet('add', 'Rack_1')).rejects.toThrow('A name has up to 32');
    const jobId = await api.startImport({ url: source.url('/small.wav') });
    expect(await api.ended(jobId)).toMatchObject({ status: 'completed' });
    expect(slotOf(jobId)).toBe('slot-0');
  });
});
