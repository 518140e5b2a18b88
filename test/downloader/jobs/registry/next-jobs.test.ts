/** The job that the Worker hands over in its answer to the final report of another one. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { JobKind } from '../../../../worker/contract/job.ts';
import type { SignedCommand } from '../../../../worker/contract/downloader/claim.ts';
import type { Command } from '../../../../worker/contract/downloader/command.ts';
import { file } from '../../../support/http-source.ts';
import { signedCommand } from '../../dispatcher.ts';
import { closeAll, SMALL, start } from '../one-job.ts';

afterEach(closeAll);

/** Runs a job whose completion hands over another one, until both have ended. */
async function runTwo(
  handOver: (next: Command) => SignedCommand,
  beforeEnd: (stop: () => void) => void = () => {},
) {
  let next: SignedCommand | undefined;
  const failures: unknown[] = [];
  let stop = () => {};
  const begin = Promise.withResolvers<void>();
  const started = await start({
    handler: async (request, response) => {
      await begin.promise;
      return file(SMALL)(request, response);
    },
    worker: {
      reportAnswer: 'continue',
      nextJob: () => {
        const handed = next;
        next = undefined;
        return handed && { next: handed };
      },
      onCall: (kind, { url }, _response, body) => {
        if (kind === 'complete' && next) beforeEnd(stop);
        if (kind === 'failed') failures.push({ url, body });
        return false;
      },
    },
  });
  const { harness, command, worker } = started;
  const successor = { ...command, jobId: randomUUID() };
  next = handOver(successor);
  stop = () => void (harness.registry.draining = true);
  begin.resolve();
  await worker.finished;
  await harness.idle();
  const events = harness.logged.map((line) => JSON.parse(line) as { event: string; jobId?: string });
  const ended = events.filter(({ event }) => event === 'run.ended').map(({ jobId }) => jobId);
  return { ...started, successor, failures, ended, events: events.map(({ event }) => event) };
}

test('runs after it, and asks for a next one as well', async () => {
  const { worker, command, successor, ended } = await runTwo(signedCommand);
  expect(ended).toEqual([command.jobId, successor.jobId]);
  const asked = { capacity: 4, kinds: JobKind.options };
  expect(worker.completions.map(({ next }) => next)).toEqual([asked, asked]);
});

test('is not asked for by a downloader that is shutting down', async () => {
  const { harness, worker } = await start({
    worker: {
      reportAnswer: 'continue',
      onCall: (kind) => {
        if (kind === 'sign') harness.registry.draining = true;
        return false;
      },
    },
  });
  await worker.finished;
  await harness.idle();
  expect(worker.completions.map(({ next }) => next)).toEqual([undefined]);
});

test('goes back at once when the downloader has begun to shut down meanwhile', async () => {
  const { successor, failures, ended, events, command } = await runTwo(signedCommand, (stop) => stop());
  expect(ended).toEqual([command.jobId]);
  expect(failures).toContainEqual({
    url: `/internal/jobs/${successor.jobId}/failed`,
    body: { failure: { code: 'downloader_draining' }, source: null },
  });
  expect(events).toContain('claim.not_accepted');
});

test.each([
  ['is not signed by the Worker', (next: Command) => ({ ...signedCommand(next), signature: 'AAAA' })],
  [
    'is of a version that the downloader does not know',
    (next: Command) => signedCommand({ ...next, version: 9 } as never),
  ],
])('goes back, and does not run, when it %s; the job that ended is stored', async (_name, handOver) => {
  const { command, ended, events, failures, worker } = await runTwo(handOver);
  expect(ended).toEqual([command.jobId]);
  expect(worker.stored()).toEqual(SMALL);
  expect(events).toContain('claim.failed');
  // Nothing in it can be trusted, so the attempt that got it says so.
  expect(failures).toEqual([
    {
      url: `/internal/jobs/${command.jobId}/failed`,
      body: { failure: { code: 'downloader_draining' }, source: null },
    },
  ]);
});
