import { afterEach, expect, test } from 'vitest';
import { measureRun } from '../../../downloader/jobs/measure-run.ts';
import { answer } from '../../support/http-source.ts';
import { closeAll, run, SMALL } from './one-job.ts';

afterEach(closeAll);

const parse = (lines: string[]) => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

test('a run is logged at its start and its end, with its bytes and the time of its stages', async () => {
  const { harness, command } = await run({});
  const { jobId, attempt, slot } = command;
  const ref = { service: 'downloader', jobId, attempt, slot, kind: 'import' };
  expect(parse(harness.logged)).toMatchObject([
    { ...ref, event: 'run.started', sourceHost: '127.0.0.1' },
    {
      ...ref,
      event: 'run.ended',
      outcome: 'completed',
      way: 'direct',
      bytesIn: SMALL.length,
      bytesOut: SMALL.length,
      resolvingMs: expect.any(Number) as number,
      downloadingMs: expect.any(Number) as number,
      verifyingMs: expect.any(Number) as number,
      report: 'delivered',
    },
  ]);
});

test('the end of a run that failed names the code', async () => {
  const { harness } = await run({ handler: answer(404, 'text/plain', 'gone') });
  const end = parse(harness.logged).at(-1);
  expect(end).toMatchObject({ event: 'run.ended', outcome: 'failed', bytesIn: 0, bytesOut: 0 });
  expect(end).toHaveProperty('code');
});

test('the time of a stage that comes again is added', () => {
  let nowMs = 0;
  const { progress, stageMs } = measureRun(() => nowMs);
  nowMs = 10;
  progress.stage = 'downloading';
  nowMs = 30;
  progress.stage = 'resolving';
  nowMs = 35;
  expect(stageMs()).toEqual({ resolving: 15, downloading: 20 });
  expect({ ...progress }).toEqual({ stage: 'resolving', bytesDone: 0, bytesTotal: null });
});
