import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { HealthAnswer } from '../../worker/contract/downloader/command.ts';
import { EXTRA_PLACES } from '../../worker/contract/downloader/extra-places.ts';
import { createDownloaderServer } from '../../downloader/server.ts';
import { createLog, type Log } from '../../worker/contract/log.ts';
import { startHarness } from './jobs/harness.ts';
import { startWorkerStandIn } from './jobs/worker-stand-in.ts';
import { dispatch, publicKey, type Dispatch } from './dispatcher.ts';

const cleanUps: (() => Promise<void>)[] = [];
const versions = { downloader: '1.2.3', ytdlp: null, ffmpeg: '7.1' };

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function startServer(log: Log = createLog('downloader', () => undefined)) {
  const worker = await startWorkerStandIn();
  const harness = await startHarness({ capacity: 2 });
  const { registry, metrics } = harness;
  const answer = { addresses: ['192.0.2.1'], allowed: true, reason: null, tls: null };
  const probe = () => Promise.resolve(answer);
  const server = createDownloaderServer({
    registry,
    metrics,
    dispatchPublicKey: publicKey,
    versions: Promise.resolve(versions),
    confinement: Promise.resolve({ level: 'full', ownUsers: true, reason: null }),
    probe,
    now: Date.now,
    log,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  cleanUps.push(worker.close, harness.stop, close);
  // A source that takes connections and never answers keeps a job running.
  const silent = (await import('node:net')).createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  cleanUps.push(async () => void silent.close());
  const command = () => worker.command(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/a.wav`);
  return { base, registry, command, server };
}

describe('POST /jobs', () => {
  test('accepts a signed command once, and its newer attempt', async () => {
    const { base, command, registry } = await startServer();
    const first = command();
    const post = (body: object) =>
      dispatch(base, { method: 'POST', path: '/jobs', body: JSON.stringify(body) });
    expect((await post(first)).status).toBe(202);
    expect((await post(first)).status).toBe(409);
    expect((await post({ ...first, attempt: 2 })).status).toBe(202);
    for (let place = 1; place < 2 + EXTRA_PLACES; place += 1)
      expect((await post(command())).status).toBe(202);
    expect((await post(command())).status).toBe(429);
    void registry.drain();
    expect((await post(command())).status).toBe(503);
  });

  test('refuses a copy of a dispatch whose attempt has ended', async () => {
    const { base, command, registry } = await startServer();
    const first = command();
    const timestamp = Math.floor(Date.now() / 1000);
    const post = (attempt: number) =>
      dispatch(base, {
        method: 'POST',
        path: '/jobs',
        body: JSON.stringify({ ...first, attempt }),
        timestamp,
      });
    expect((await post(2)).status).toBe(202);
    registry.cancel(first.jobId);
    await expect.poll(() => registry.list()).toEqual([]);
    expect((await post(2)).status).toBe(409);
    expect((await post(1)).status).toBe(409);
    expect(registry.list()).toEqual([]);
    expect((await post(3)).status).toBe(202);
  });

  test.each<[string, (body: string) => Dispatch, number]>([
    [
      'an old signature',
      (body) => ({ method: 'POST', path: '/jobs', body, timestamp: Date.now() / 1000 - 400 }),
      401,
    ],
    [
      'a signature of the future',
      (body) => ({ method: 'POST', path: '/jobs', body, timestamp: Date.now() / 1000 + 400 }),
      401,
    ],
    ['another body', (body) => ({ method: 'POST', path: '/jobs', body, sent: { body: `${body} ` } }), 401],
    ['another path', (body) => ({ method: 'POST', path: '/probe', body, sent: { path: '/jobs' } }), 401],
    ['another method', (body) => ({ method: 'PUT', path: '/jobs', body, sent: { method: 'POST' } }), 401],
    [
      'a query that was not signed',
      (body) => ({ method: 'POST', path: '/jobs', body, sent: { path: '/jobs?x=1' } }),
      401,
    ],
    ['too long a body', () => ({ method: 'POST', path: '/jobs', body: 'x'.repeat(65_537) }), 413],
    ['no JSON', () => ({ method: 'POST', path: '/jobs', body: '{' }), 400],
    [
      'another version',
      (body) => ({ method: 'POST', path: '/jobs', body: body.replace('"version":1', '"version":2') }),
      400,
    ],
    ['an unknown path', (body) => ({ method: 'POST', path: '/job', body }), 404],
  ])('refuses %s', async (_, makeDispatch, status) => {
    const { base, command, registry } = await startServer();
    const request = makeDispatch(JSON.stringify(command()));
    const answer = await dispatch(base, {
      ...request,
      timestamp: Math.floor(request.timestamp ?? Date.now() / 1000),
    });
    expect(answer.status).toBe(status);
    expect(registry.list()).toEqual([]);
  });

  test('refuses a request without a signature', async () => {
    const { base, command } = await startServer();
    const body = JSON.stringify(command());
    expect((await fetch(`${base}/jobs`, { method: 'POST', body })).status).toBe(401);
    const headers = { 'x-importly-timestamp': 'NaN', 'x-importly-signature': 'AAAA' };
    expect((await fetch(`${base}/jobs`, { method: 'POST', body, headers })).status).toBe(401);
    expect((await fetch(`${base}/probe`, { method: 'POST', body })).status).toBe(401);
    expect((await fetch(`${base}/jobs/${command().jobId}`, { method: 'DELETE' })).status).toBe(401);
  });
});

describe('DELETE /jobs/:id', () => {
  test('cancels the job that runs here, and no other', async () => {
    const { base, command, registry } = await startServer();
    const running = command();
    registry.accept(running);
    const remove = (id: string) => dispatch(base, { method: 'DELETE', path: `/jobs/${id}` });
    expect((await remove(command().jobId)).status).toBe(404);
    expect(registry.list()).toHaveLength(1);
    expect((await remove(running.jobId)).status).toBe(202);
    await expect.poll(() => registry.list()).toEqual([]);
  });
});

describe('the rest', () => {
  test('GET /health shows jobs and versions without a signature, and no secret', async () => {
    const { base, command, registry } = await startServer();
    const running = command();
    registry.accept(running);
    const text = await (await fetch(`${base}/health`)).text();
    expect(HealthAnswer.parse(JSON.parse(text))).toEqual({
      ok: true,
      draining: false,
      capacity: 2,
      jobs: [{ jobId: running.jobId, attempt: 1 }],
      versions,
      ytdlpAgeDays: null,
      confinement: { level: 'full', ownUsers: true, reason: null },
      time: expect.any(Number),
      uptimeMs: expect.any(Number),
    });
    expect(text).not.toContain(running.token);
    expect(text).not.toContain('a.wav');
  });

  test('GET /metrics answers text for Prometheus without a signature, and no other method does', async () => {
    const { base, command, registry } = await startServer();
    registry.accept(command());
    const answer = await fetch(`${base}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toContain('\nimportly_jobs_running 1\n');
    expect((await fetch(`${base}/metrics`, { method: 'POST' })).status).toBe(401);
  });

  test('POST /probe answers a signed question and refuses a wrong one', async () => {
    const { base } = await startServer();
    const ask = (body: object) =>
      dispatch(base, { method: 'POST', path: '/probe', body: JSON.stringify(body) });
    expect(await (await ask({ host: 's3.example.com', port: 443 })).json()).toMatchObject({ allowed: true });
    expect((await ask({ host: '', port: 443 })).status).toBe(400);
    expect((await ask({ host: 'a', port: 70_000 })).status).toBe(400);
  });

  test('a client that disconnects inside a body is not logged', async () => {
    const logged: string[] = [];
    const { base, server } = await startServer(createLog('downloader', (line) => void logged.push(line)));
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    const arrived = once(server, 'request');
    socket.write('POST /jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n123');
    const [request] = (await arrived) as [IncomingMessage];
    socket.resetAndDestroy();
    await new Promise((resolve) => request.once('close', resolve));
    expect((await fetch(`${base}/health`)).status).toBe(200);
    expect(logged).toEqual([]);
  });

  test('a body that never arrives does not block the server', async () => {
    const { base, server } = await startServer();
    server.requestTimeout = 300;
    server.headersTimeout = 300;
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.write('POST /jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n');
    expect((await fetch(`${base}/health`)).status).toBe(200);
    socket.destroy();
  });
});
