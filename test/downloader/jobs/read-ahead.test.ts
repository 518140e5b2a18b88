/** A large file comes in while its upload is planned. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { file, type Handler } from '../../support/http-source.ts';
import { makeWav } from '../../support/wav.ts';
import { closeAll, MIB, run, start } from './one-job.ts';
import type { StandInOptions } from '../stand-in-options.ts';

afterEach(closeAll);

type OnCall = NonNullable<StandInOptions['onCall']>;

/** As much as the part buffers of one upload hold. Sockets hold less. */
const FILE = makeWav(24 * MIB - 444);

/** Resolves when a source has sent nearly all of the file, and the plan waits for that. */
function planAfterFile(): { gate: (sentBytes: number) => undefined; onCall: OnCall } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    gate: (sentBytes) => {
      if (sentBytes >= FILE.byteLength - 2 * MIB) resolve();
    },
    onCall: async (kind) => {
      if (kind === 'artifacts') await promise;
      return false;
    },
  };
}

describe('a source that has sent the file before the plan is made', () => {
  test.for([
    ['checked by ranges', { ranges: true }, {}],
    ['checked in order', { ranges: false }, {}],
    ['sent as parts of another size', { ranges: true }, { partSizeBytes: 16 * MIB }],
    ['sent as parts of another size and checked in order', { ranges: false }, { partSizeBytes: 5 * MIB }],
    ['sent with SHA-256', { ranges: true }, { digest: 'sha256' as const }],
  ] as const)('is read once, %s', async ([, options, plan]) => {
    const { gate, onCall } = planAfterFile();
    const { worker, harness, source } = await run({
      handler: file(FILE, { ...options, gate }),
      worker: { onCall, plans: [plan] },
    });
    expect(worker.stored()?.equals(FILE)).toBe(true);
    expect(source.requests.length).toBe(1);
    expect(harness.heldBytes()).toBe(0);
  });

  test('is read again for a second upload', async () => {
    const { gate, onCall } = planAfterFile();
    const { worker, harness } = await run({
      handler: file(FILE, { gate }),
      worker: { onCall, plans: [{}, {}], onComplete: (round) => (round === 1 ? 'next' : 'stored') },
    });
    expect(worker.stored()?.equals(FILE)).toBe(true);
    expect(harness.heldBytes()).toBe(0);
  });
});

test('an upload never holds more than its part buffers, while it is planned and after that', async () => {
  const bytes = makeWav(67 * MIB);
  const held: number[] = [];
  const setting = {
    handler: file(bytes, { gate: () => void held.push(started.harness.heldBytes()) }),
    worker: {
      onCall: async (kind: string) => {
        if (kind === 'artifacts') await vi.waitUntil(() => started.harness.heldBytes() === 24 * MIB, 5000);
        return false;
      },
    },
  };
  const started: Awaited<ReturnType<typeof start>> = await start(setting);
  expect(await started.worker.finished).toHaveProperty('completed');
  expect(started.worker.stored()?.equals(bytes)).toBe(true);
  expect(Math.max(...held)).toBe(24 * MIB);
});

describe('a source that breaks while the plan is made', () => {
  /** Breaks its first answer after 12 MiB. The plan waits for that. */
  function breaking(ranges: boolean): { handler: Handler; onCall: OnCall } {
    const broken = Promise.withResolvers<void>();
    const whole = file(FILE, { ranges });
    const cut = file(FILE, {
      ranges,
      gate: (sentBytes) => {
        if (sentBytes < 12 * MIB) return undefined;
        broken.resolve();
        throw new Error('the source breaks');
      },
    });
    let requests = 0;
    const handler: Handler = (request, response) => (requests++ === 0 ? cut : whole)(request, response);
    const onCall: OnCall = async (kind) => {
      if (kind === 'artifacts') await broken.promise;
      return false;
    };
    return { handler, onCall };
  }

  test('is continued where it broke', async () => {
    const { handler, onCall } = breaking(true);
    const { worker, source } = await run({ handler, worker: { onCall } });
    expect(worker.stored()?.equals(FILE)).toBe(true);
    expect(source.requests.length).toBe(2);
  });

  test('fails when it has no ranges', async () => {
    const { handler, onCall } = breaking(false);
    const { report, worker, harness } = await run({ handler, worker: { onCall } });
    expect(report).toMatchObject({ failed: { failure: { code: 'source_truncated' } } });
    expect([worker.stored(), harness.heldBytes()]).toEqual([null, 0]);
  });
});

test.for([
  ['the job is canceled', 'canceled'],
  ['the Worker refuses the file', 'storage_not_configured'],
] as const)('nothing is held any more when %s', async ([, code]) => {
  const { gate } = planAfterFile();
  const closed = Promise.withResolvers<void>();
  const held: number[] = [];
  const serve = file(FILE, { gate });
  const started = await start({
    handler: (request, response) => {
      response.once('close', closed.resolve);
      return serve(request, response);
    },
    worker: {
      onCall: (kind, _request, response) => {
        if (kind !== 'artifacts') return false;
        held.push(started.harness.heldBytes());
        if (code === 'canceled') started.harness.registry.cancel(started.command.jobId);
        else response.writeHead(409).end(JSON.stringify({ success: false, code, error: 'refused' }));
        return true;
      },
    },
  });
  const { worker, harness } = started;
  expect(await worker.finished).toMatchObject({ failed: { failure: { code } } });
  await Promise.all([closed.promise, harness.idle()]);
  expect([held[0]! > 0, harness.heldBytes()]).toEqual([true, 0]);
});
