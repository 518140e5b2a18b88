import { afterEach, describe, expect, test } from 'vitest';
import { file, gateAfter } from '../../support/http-source.ts';
import { closeAll, LARGE, MIB, run, start } from './one-job.ts';
import type { StandInOptions } from '../stand-in-options.ts';

afterEach(closeAll);

/** A job that waits in the middle of its source. */
function halfway() {
  const gate = gateAfter(20 * MIB);
  return { handler: file(LARGE, { gate: gate.gate }), gate };
}

describe('heartbeats', () => {
  test('start at once, carry the counters, and continue while the source is silent', async () => {
    const { handler, gate } = halfway();
    const { worker, command } = await start({ handler });
    await expect.poll(() => worker.heartbeats.length, { timeout: 10_000 }).toBeGreaterThan(2);
    expect(worker.heartbeats[0]).toMatchObject({
      slot: command.slot,
      capacity: 4,
      jobs: [{ token: command.token, stage: 'resolving' }],
    });
    expect(worker.heartbeats.at(-1)?.jobs).toEqual([
      { token: command.token, stage: 'downloading', bytesDone: expect.any(Number), bytesTotal: LARGE.length },
    ]);
    gate.open();
    expect(await worker.finished).toEqual({ completed: { warnings: [] } });
  });

  test('that are lost are sent again', async () => {
    let lost = 0;
    const onCall: StandInOptions['onCall'] = (kind, request) => {
      if (kind !== 'heartbeat' || lost === 1) return false;
      lost += 1;
      request.socket.destroy();
      return true;
    };
    const { handler, gate } = halfway();
    const { worker } = await start({ handler, worker: { onCall } });
    await expect.poll(() => worker.heartbeats.length, { timeout: 10_000 }).toBeGreaterThan(0);
    gate.open();
    expect(await worker.finished).toEqual({ completed: { warnings: [] } });
  });

  test('answered by cancel end the job, which reports it and leaves no files', async () => {
    const { handler } = halfway();
    const { report, worker } = await run({ handler, worker: { directive: () => 'cancel' } });
    expect(report).toMatchObject({ failed: { failure: { code: 'canceled' } } });
    expect(worker.stored()).toBeNull();
  });

  test('answered by stale end the job without a report', async () => {
    const { handler } = halfway();
    const { worker, harness } = await start({ handler, worker: { directive: () => 'stale' } });
    await harness.idle();
    expect(worker.calls).not.toContain('failed');
    expect(worker.calls).not.toContain('completed');
    expect(await harness.leftovers()).toEqual([]);
  });
});

describe('an attempt', () => {
  const refuseSign =
    (code: string): NonNullable<StandInOptions['onCall']> =>
    (kind, _request, response) => {
      if (kind !== 'sign') return false;
      response.writeHead(409).end(JSON.stringify({ success: false, error: 'Refused.', code }));
      return true;
    };

  test('whose call is answered by stale ends without a report', async () => {
    const { worker, harness } = await start({ worker: { onCall: refuseSign('stale') } });
    await harness.idle();
    expect(worker.calls).not.toContain('failed');
  });

  test('whose call is answered by cancel_requested reports the cancelation', async () => {
    const { report } = await run({ worker: { onCall: refuseSign('cancel_requested') } });
    expect(report).toMatchObject({ failed: { failure: { code: 'canceled' } } });
  });

  test('whose report of completion is answered by cancel reports the cancelation', async () => {
    const onCall: StandInOptions['onCall'] = (kind, _request, response) => {
      if (kind !== 'completed') return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"directive":"cancel"}');
      return true;
    };
    const { worker, harness } = await start({ worker: { onCall } });
    await harness.idle();
    expect(worker.calls.slice(-2)).toEqual(['completed', 'failed']);
    expect(await worker.finished).toMatchObject({ failed: { failure: { code: 'canceled' } } });
  });

  const refuse =
    (refused: (kind: string, body: unknown) => boolean): NonNullable<StandInOptions['onCall']> =>
    (kind, _request, response, body) => {
      if (!refused(kind, body)) return false;
      const error = { success: false, error: 'source.reason is too long.', code: 'invalid_request' };
      response.writeHead(400).end(JSON.stringify(error));
      return true;
    };

  test('whose result the Worker refuses reports this, so that it does not count as a crash', async () => {
    const { report, worker } = await run({ worker: { onCall: refuse((kind) => kind === 'completed') } });
    const detail = 'the Worker refused the result: source.reason is too long.';
    expect(report).toMatchObject({ failed: { failure: { code: 'internal_error', detail } } });
    expect(worker.calls.filter((kind) => kind === 'completed' || kind === 'failed')).toEqual([
      'completed',
      'failed',
    ]);
  });

  test('whose failure the Worker refuses reports it without details, and then without its code', async () => {
    let tries = 0;
    const onCall = refuse((kind) => kind === 'failed' && (tries += 1) < 3);
    const { report } = await run({
      handler: (_request, response) => void response.writeHead(404).end(),
      worker: { onCall },
    });
    expect(report).toEqual({ failed: { failure: { code: 'internal_error' }, source: null } });
  });

  test('completes although the Worker answers 500 several times', async () => {
    let failures = 0;
    const onCall: StandInOptions['onCall'] = (kind, _request, response) => {
      if (kind === 'heartbeat' || (failures += 1) > 4) return false;
      response.writeHead(500).end('{"success":false,"code":"internal_error"}');
      return true;
    };
    const { report } = await run({ worker: { onCall } });
    expect(report).toEqual({ completed: { warnings: [] } });
  });

  test('that is newer replaces the older one, which reports nothing', async () => {
    const { handler, gate } = halfway();
    const { worker, harness, command } = await start({ handler, worker: { plans: [{}, {}] } });
    await expect.poll(() => worker.calls).toContain('sign');
    expect(harness.registry.accept({ ...command, attempt: 2 })).toBe('accepted');
    expect(harness.registry.accept({ ...command, attempt: 1 })).toBe('duplicate');
    expect(harness.registry.accept({ ...command, attempt: 2 })).toBe('duplicate');
    gate.open();
    expect(await worker.finished).toEqual({ completed: { warnings: [] } });
    await harness.idle();
    expect(worker.calls.filter((kind) => kind === 'completed' || kind === 'failed')).toEqual(['completed']);
  });

  test('that runs during a drain is handed back at once', async () => {
    const { handler } = halfway();
    const { worker, harness } = await start({ handler });
    await expect.poll(() => worker.calls).toContain('sign');
    const startedMs = performance.now();
    await harness.registry.drain();
    expect(performance.now() - startedMs).toBeLessThan(2000);
    expect(await worker.finished).toMatchObject({ failed: { failure: { code: 'downloader_draining' } } });
    expect(await harness.leftovers()).toEqual([]);
    expect(harness.registry.accept(worker.command('http://127.0.0.1:1/'))).toBe('draining');
  });

  test('beyond the capacity and the extra place is refused', async () => {
    const { handler } = halfway();
    const { harness, worker } = await start({ handler });
    for (let more = 0; more < 4; more += 1) {
      expect(harness.registry.accept(worker.command('http://10.0.0.1/'))).toBe('accepted');
    }
    expect(harness.registry.accept(worker.command('http://10.0.0.1/'))).toBe('full');
  });
});
