import { afterEach, describe, expect, test } from 'vitest';
import { file } from '../../support/http-source.ts';
import { makeWav } from '../../support/wav.ts';
import { closeAll, MIB, run as runOnce, SMALL, start, type Setting } from './one-job.ts';
import type { PartOnItsWay } from '../stand-in-options.ts';

afterEach(closeAll);

const completed = { completed: { warnings: [] } };
const FIVE_PARTS = makeWav(21 * MIB + 444);
const EIGHT_PARTS = makeWav(36 * MIB + 444);
/** The smallest size, so that these tests are quick. */
const PLAN = { partSizeBytes: 5 * MIB };
const PRIMARY = 'placement-0';
const [A, B] = ['secondary-0', 'secondary-1'];
const refuse = ({ request, response }: PartOnItsWay, name: string, status = 403): true => {
  request.resume();
  response.writeHead(status).end(`<Error><Code>${name}</Code></Error>`);
  return true;
};

/** The source waits while a part is sent again, which a busy machine delays: that is not a stall. */
const run = (setting: Setting) => runOnce({ limits: { stallSeconds: 60 }, ...setting });

describe('an import into three destinations', () => {
  test.each([
    ['in one stream', { ranges: false }, ['GET /a%20file.wav']],
    ['of unknown length', { ranges: false, length: false }, ['GET /a%20file.wav']],
  ])(
    'reads a source %s once; all get the same bytes with digests of their own kind',
    async (_, options, reads) => {
      const secondaries = [{ digest: 'sha256' as const }, { digest: 'crc32' as const, concurrency: 1 }];
      const { worker, report, source } = await run({
        handler: file(FIVE_PARTS, options),
        worker: { secondaries, plans: [PLAN] },
      });
      expect(report).toEqual(completed);
      for (const id of [PRIMARY, A, B]) expect(worker.storedAt(id)?.equals(FIVE_PARTS)).toBe(true);
      expect(worker.completed[0]).toBe(PRIMARY);
      expect(worker.aborted).toEqual([]);
      expect(source.requests).toEqual(reads);
    },
  );

  test('reads each range of a source once', async () => {
    const { worker, harness } = await run({
      handler: file(EIGHT_PARTS),
      worker: { secondaries: [{}, {}], plans: [PLAN] },
    });
    for (const id of [PRIMARY, A, B]) expect(worker.storedAt(id)?.equals(EIGHT_PARTS)).toBe(true);
    const read = `"bytesIn":${EIGHT_PARTS.length},"bytesOut":${3 * EIGHT_PARTS.length},`;
    expect(harness.logged.at(-1)).toContain(read);
  });

  test('stores a small file everywhere, also where it takes a multipart upload', async () => {
    const { worker, report } = await run({ worker: { secondaries: [{}, { kind: 'multipart' }] } });
    expect(report).toEqual(completed);
    for (const id of [PRIMARY, A, B]) expect(worker.storedAt(id)?.equals(SMALL)).toBe(true);
  });

  test.each(['AccessDenied', 'BadDigest'])(
    'completes without the one that answers a part by %s',
    async (name) => {
      const onPart = (part: PartOnItsWay) =>
        part.placementId === A && part.number === 3 && refuse(part, name, name === 'BadDigest' ? 400 : 403);
      const { worker, report, source } = await run({
        handler: file(FIVE_PARTS, { ranges: false }),
        worker: { onPart, secondaries: [{}, {}], plans: [PLAN] },
      });
      expect(report).toEqual(completed);
      expect(worker.completed).toEqual([PRIMARY, B]);
      expect(worker.aborted).toEqual([A]);
      expect(worker.storedAt(B)?.equals(FIVE_PARTS)).toBe(true);
      expect(source.requests).toHaveLength(1);
    },
  );

  test('reads the source again when the first one dies, and the others take part again', async () => {
    const onPart = (part: PartOnItsWay) =>
      part.placementId === PRIMARY && part.number === 4 && refuse(part, 'AccessDenied');
    const plans = [{ ...PLAN, storage: 'destination' as const }, PLAN];
    const { worker, report } = await run({
      handler: file(FIVE_PARTS),
      worker: { onPart, plans, secondaries: [{}] },
    });
    expect(report).toEqual(completed);
    expect(worker.aborted).toEqual([PRIMARY]);
    expect(worker.completed).toEqual(['placement-1', A]);
    expect(worker.storedAt(A)?.equals(FIVE_PARTS)).toBe(true);
  });

  test('completes alone when the Worker cannot say where else the file goes', async () => {
    const onCall: NonNullable<Parameters<typeof start>[0]['worker']>['onCall'] = (
      kind,
      _request,
      response,
    ) => {
      if (kind !== 'secondaries') return false;
      response
        .writeHead(404)
        .end(JSON.stringify({ success: false, error: 'No such route.', code: 'not_found' }));
      return true;
    };
    const { worker, report } = await run({ worker: { onCall, secondaries: [{}] } });
    expect(report).toEqual(completed);
    expect(worker.completed).toEqual([PRIMARY]);
  });

  test('ends without a completion when it is canceled midway', async () => {
    const canceled = Promise.withResolvers<void>();
    const onPart = async ({ placementId, number }: PartOnItsWay) => {
      if (placementId !== A || number !== 3) return false;
      canceled.resolve();
      await worker.finished;
      return false;
    };
    const { worker, harness, command } = await start({
      handler: file(FIVE_PARTS),
      worker: { onPart, secondaries: [{}, {}], plans: [PLAN] },
    });
    await canceled.promise;
    harness.registry.cancel(command.jobId);
    expect(await worker.finished).toMatchObject({ failed: { failure: { code: 'canceled' } } });
    await harness.idle();
    expect(worker.completed).toEqual([]);
  });
});
