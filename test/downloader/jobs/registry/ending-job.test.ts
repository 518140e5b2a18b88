/** The Worker may give the place of a job away as soon as it has recorded its end, before its answer arrives. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { file, gateAfter, startHttpSource, type HttpSource } from '../../../support/http-source.ts';
import type { Acceptance } from '../../../../downloader/jobs/job-registry.ts';
import { startHarness, type Harness } from '../harness.ts';
import { cleanUps, closeAll, LARGE, MIB, SMALL } from '../one-job.ts';
import type { StandInOptions } from '../../stand-in-options.ts';
import { startWorkerStandIn } from '../worker-stand-in.ts';

let source: HttpSource;
let harness: Harness;
let gate: ReturnType<typeof gateAfter>;

/** One place and the extra one, which a slow job has. */
beforeEach(async () => {
  source = await startHttpSource();
  gate = gateAfter(20 * MIB);
  source.serve('/slow.wav', file(LARGE, { gate: gate.gate }));
  source.serve('/small.wav', file(SMALL));
  harness = await startHarness({ capacity: 1 });
  cleanUps.push(() => source.close(), harness.stop);
  expect((await prepare('/slow.wav')).accept()).toBe('accepted');
});
afterEach(closeAll);

/** A job that is ready to be sent to the downloader. */
async function prepare(path: string, options: StandInOptions = {}) {
  const worker = await startWorkerStandIn(options);
  cleanUps.push(worker.close);
  const command = worker.command(source.url(path));
  return { worker, accept: () => harness.registry.accept(command) };
}

async function endAll(): Promise<void> {
  gate.open();
  for (const { command } of harness.registry.running()) harness.registry.cancel(command.jobId);
  await harness.idle();
}

// A path that the source does not serve fails.
test.each([
  ['complete', '/small.wav'],
  ['completed', '/small.wav'],
  ['failed', '/none.wav'],
])('a job that comes before the answer to "%s" is taken, and no further one', async (kind, path) => {
  const later = [await prepare('/slow.wav'), await prepare('/slow.wav')];
  let acceptances: Acceptance[] = [];
  const ending = await prepare(path, {
    // Without it, the Worker is of an earlier version, and the final report is a call of its own.
    ...(kind === 'complete' && { reportAnswer: 'continue' }),
    onCall: (called) => {
      if (called === kind) acceptances = later.map(({ accept }) => accept());
      return false;
    },
  });
  expect(ending.accept()).toBe('accepted');
  await ending.worker.finished;
  expect(acceptances).toEqual(['accepted', 'full']);
  await endAll();
});

test('a job keeps its place when the Worker answers the call with another upload', async () => {
  const later = await prepare('/slow.wav');
  const acceptances: Acceptance[] = [];
  let completions = 0;
  const again = await prepare('/small.wav', {
    plans: [{}, {}],
    reportAnswer: 'continue',
    onCall: (called) => {
      // The first call of the second upload.
      if (called === 'sign' && completions === 1) acceptances.push(later.accept());
      return false;
    },
    onComplete: (round) => {
      completions = round;
      return round === 1 ? 'next' : 'stored';
    },
  });
  expect(again.accept()).toBe('accepted');
  await again.worker.finished;
  expect(acceptances).toEqual(['full']);
  await endAll();
});
