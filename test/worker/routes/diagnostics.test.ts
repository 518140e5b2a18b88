import { createMessageBatch } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../worker/contract/api/diagnostics.ts';
import { receiveQueueProbes } from '../../../worker/diagnostics/queue-probe.ts';
import { sampleWav } from '../../../worker/diagnostics/sample-file.ts';
import worker from '../../../worker/index.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';

type Api = Awaited<ReturnType<typeof makeApi>>;

const operatorApi = (ctx = makeCtx()) => makeApi(ctx, { isOperator: true });

async function diagnose({ call }: Api): Promise<Diagnosis> {
  const answer = await call('POST', '/diagnostics');
  expect(answer.status).toBe(200);
  return (await answer.json<{ data: Diagnosis }>()).data;
}

const health = {
  ok: true,
  draining: false,
  capacity: 4,
  jobs: [],
  versions: { downloader: '1', ytdlp: '2026.10.26', ffmpeg: 'n9' },
};

describe('POST /diagnostics', () => {
  it('reports every part, and the configuration without secrets', async () => {
    const api = await operatorApi();
    const found = await diagnose(api);
    expect(found).toMatchObject({
      configuration: {
        publicUrl: 'http://127.0.0.1:8787',
        sampleUrl: 'http://127.0.0.1:8787/sample.wav',
        slots: 1,
        pageSlots: 0,
      },
      database: { ok: true, problem: null },
      serviceStorage: { ok: true, problem: null },
      queue: { ok: true, problem: null },
      downloader: { ok: true, problem: null, capacity: 4, runningJobs: 0, confinement: null },
      pageDownloader: null,
    });
    expect(JSON.stringify(found)).not.toContain(api.ctx.config.ATTEMPT_TOKEN_KEY);
  });

  it('asks a downloader for pages too, if there are any of their own', async () => {
    const ctx = makeCtx();
    ctx.config = { ...ctx.config, PAGE_SLOTS: 2 };
    const api = await operatorApi(ctx);
    const answer = ctx.downloader.health.bind(ctx.downloader);
    ctx.downloader.health = (slot) => (slot === 'page-0' ? Promise.reject(new Error('gone')) : answer(slot));
    expect(await diagnose(api)).toMatchObject({
      configuration: { pageSlots: 2 },
      downloader: { ok: true },
      pageDownloader: { ok: false, problem: expect.stringContaining('No downloader answered.') },
    });
  });

  it('names a downloader that does not answer, and logs the error', async () => {
    const api = await operatorApi();
    api.ctx.downloader.health = () => Promise.reject(new Error('connection refused'));
    const { downloader } = await diagnose(api);
    expect(downloader).toMatchObject({ ok: false, versions: null, clockOffsetMs: null });
    expect(downloader.problem).toContain('No downloader answered.');
    expect(api.ctx.lines).toContainEqual(expect.objectContaining({ event: 'diagnostics.failed' }));
  });

  it.each([
    [130_000, 'The clock of the downloader is 130 s ahead of the clock of the Worker. Synchronize it.'],
    [-90_000, 'The clock of the downloader is 90 s behind the clock of the Worker. Synchronize it.'],
    [2_000, null],
  ])('judges a downloader whose clock differs by %i ms', async (offsetMs, problem) => {
    const api = await operatorApi();
    api.ctx.downloader.health = async () => ({ ...health, time: api.ctx.now() + offsetMs, uptimeMs: 5_000 });
    expect((await diagnose(api)).downloader).toMatchObject({
      ok: problem === null,
      problem,
      clockOffsetMs: offsetMs,
      coldStart: false,
    });
  });

  it('tells a cold start by the uptime of the process', async () => {
    const api = await operatorApi();
    api.ctx.downloader.health = async () => {
      api.ctx.clock.advance(1_500);
      return { ...health, time: api.ctx.now(), uptimeMs: 600 };
    };
    expect((await diagnose(api)).downloader).toMatchObject({ ok: true, coldStart: true, answerMs: 1_500 });
  });

  it('names a queue that takes no message, a database that fails and a bucket that fails', async () => {
    const broken = { send: () => Promise.reject(new Error('queue is gone')) } as unknown as Queue<unknown>;
    const media = { head: () => Promise.reject(new Error('bucket is gone')) } as unknown as R2Bucket;
    const api = await operatorApi(makeCtx({ doorbell: broken, media }));
    const { queue, serviceStorage, database } = await diagnose(api);
    expect(queue).toEqual({ ok: false, problem: 'The queue did not take a message.', probeId: null });
    expect(serviceStorage).toMatchObject({ ok: false, problem: 'The service storage did not answer.' });
    expect(database.ok).toBe(true);
  });
});

describe('GET /diagnostics/queue/{probeId}', () => {
  it('answers the time of the round trip once the consumer got the message', async () => {
    const api = await operatorApi();
    const { queue } = await diagnose(api);
    const path = `/diagnostics/queue/${queue.probeId}`;
    const read = async () => (await (await api.call('GET', path)).json<{ data: object }>()).data;
    expect(await read()).toEqual({ probeId: queue.probeId, roundTripMs: null });
    api.ctx.clock.advance(40);
    await receiveQueueProbes(api.ctx, { bodies: [{ ring: true }, 'noise', { probe: queue.probeId }] });
    api.ctx.clock.advance(40);
    await receiveQueueProbes(api.ctx, { bodies: [{ probe: queue.probeId }] });
    expect(await read()).toEqual({ probeId: queue.probeId, roundTripMs: 40 });
  });

  it('is answered through the queue handler of the Worker', async () => {
    const api = await operatorApi();
    const { queue } = await diagnose(api);
    const message = { id: '1', timestamp: new Date(), attempts: 1, body: { probe: queue.probeId } };
    await worker.queue(createMessageBatch('importly-open-doorbell', [message]), env);
    const answer = await api.call('GET', `/diagnostics/queue/${queue.probeId}`);
    expect((await answer.json<{ data: { roundTripMs: number } }>()).data.roundTripMs).toBeGreaterThanOrEqual(
      0,
    );
  });

  it("hides another workspace's probe", async () => {
    const [mine, theirs] = [await operatorApi(), await operatorApi()];
    const { queue } = await diagnose(theirs);
    expect((await mine.call('GET', `/diagnostics/queue/${queue.probeId}`)).status).toBe(404);
    expect((await theirs.call('GET', `/diagnostics/queue/${queue.probeId}`)).status).toBe(200);
  });
});

describe('the sample file', () => {
  it('is served without a key, and slowly on its other path', async () => {
    const { anonymous } = await operatorApi();
    const answer = await anonymous('/sample.wav');
    expect(answer.headers.get('content-type')).toBe('audio/wav');
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(sampleWav());
    const slow = await anonymous('/sample-slow.wav');
    const reader = slow.body?.getReader();
    const first = await reader?.read();
    expect(first?.value?.byteLength).toBeLessThan(sampleWav().byteLength / 10);
    await reader?.cancel();
  });
});
