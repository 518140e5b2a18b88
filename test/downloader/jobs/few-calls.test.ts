/** How few calls an attempt makes to a Worker of this version, and what it makes of their answers. */
import { afterEach, expect, test } from 'vitest';
import { GRANT_HEADER } from '../../../worker/contract/downloader/upload-plan.ts';
import { FEATURES_HEADER, OWN_FEATURES } from '../../../worker/contract/downloader/features.ts';
import { file } from '../../support/http-source.ts';
import { readAll } from './received-bytes.ts';
import { makeWav } from '../../support/wav.ts';
import { closeAll, LARGE, MIB, run, SMALL, start } from './one-job.ts';

afterEach(closeAll);

/** A heartbeat is only for attempts that take longer. */
const withoutHeartbeats = (calls: string[]) => calls.filter((kind) => kind !== 'heartbeat');

test('a small file is announced, signed and completed; the final report comes with the last call', async () => {
  const { report, worker } = await run({ worker: { reportAnswer: 'continue' } });
  expect(report).toEqual({ completed: { warnings: [] } });
  expect(withoutHeartbeats(worker.calls)).toEqual(['artifacts', 'sign', 'complete']);
});

test('the request for the only part of a file that has come in comes with the plan', async () => {
  const { worker } = await run({ worker: { reportAnswer: 'continue', signsWithPlan: true } });
  expect(withoutHeartbeats(worker.calls)).toEqual(['artifacts', 'complete']);
  expect(worker.signed).toHaveLength(1);
  expect(worker.stored()).toEqual(SMALL);
});

test('a part that the storage refuses is signed again', async () => {
  const { worker } = await run({
    worker: {
      reportAnswer: 'continue',
      signsWithPlan: true,
      onPart: async ({ round, request, response }) => {
        if (round > 1) return false;
        await readAll(request);
        response.writeHead(503).end();
        return true;
      },
    },
  });
  expect(withoutHeartbeats(worker.calls)).toEqual(['artifacts', 'sign', 'complete']);
  expect(worker.stored()).toEqual(SMALL);
});

test('a small file is announced while its bytes come in', async () => {
  const bytes = makeWav(2 * MIB);
  const announced = Promise.withResolvers<void>();
  const { worker } = await run({
    handler: async (_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': bytes.length });
      response.write(bytes.subarray(0, MIB));
      await announced.promise;
      response.end(bytes.subarray(MIB));
    },
    worker: {
      signsWithPlan: true,
      onCall: (kind) => {
        if (kind === 'artifacts') announced.resolve();
        return false;
      },
    },
  });
  expect(worker.calls).toContain('sign');
  expect(worker.stored()).toEqual(bytes);
});

test('a small file that ends early is not stored, and its announcement is not waited for', async () => {
  const bytes = makeWav(2 * MIB);
  const { report, worker } = await run({
    handler: (_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': bytes.length });
      response.write(bytes.subarray(0, MIB), () => response.destroy());
    },
    worker: { onCall: (kind) => kind === 'artifacts' },
  });
  expect(report).toMatchObject({ failed: { failure: { code: 'source_truncated' } } });
  expect(worker.stored()).toBeNull();
});

test('a cancelation in the answer to the last call is reported', async () => {
  const { worker, harness } = await start({ worker: { reportAnswer: 'cancel' } });
  await harness.idle();
  expect(withoutHeartbeats(worker.calls)).toEqual(['artifacts', 'sign', 'complete', 'failed']);
  expect(await worker.finished).toMatchObject({ failed: { failure: { code: 'canceled' } } });
});

test('uploads to other destinations are completed before the final report', async () => {
  const secondaries = [{ kind: 'multipart' as const }];
  const { worker } = await run({
    handler: file(LARGE),
    worker: { reportAnswer: 'continue', secondaries },
  });
  const ends = worker.calls.filter((kind) => kind.startsWith('complete'));
  expect(ends).toEqual(['complete', 'complete', 'completed']);
  expect(worker.completions.map(({ completed }) => completed)).toEqual([undefined, undefined]);
});

test('calls for signatures carry the latest grant of their upload', async () => {
  const grants: unknown[] = [];
  const features: unknown[] = [];
  const { worker } = await run({
    worker: {
      plans: [{ grant: 'the grant' }],
      // The part is signed again after the first answer.
      onPart: async ({ round, request, response }) => {
        if (round > 1) return false;
        await readAll(request);
        response.writeHead(503).end();
        return true;
      },
      onCall: (kind, { headers }) => {
        if (kind !== 'heartbeat') features.push(headers[FEATURES_HEADER]);
        if (kind === 'sign') grants.push(headers[GRANT_HEADER]);
        return false;
      },
    },
  });
  expect(worker.stored()).not.toBeNull();
  expect(grants).toEqual(['the grant', 'the grant, renewed']);
  expect(new Set(features)).toEqual(new Set([OWN_FEATURES]));
});
