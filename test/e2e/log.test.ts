/** The log of the whole stack: a job can be followed through both services, and no line contains a secret. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answer, file, redirect, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { startVersitygw, type TestS3Server } from '../support/s3-servers/versitygw.ts';
import { connectApi, type Api, type ImportData } from '../support/stack/api.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { makeWav } from '../support/wav.ts';

type Line = Record<string, unknown> & { service: string; event: string };

const MIB = 1024 * 1024;

let stack: Stack;
let api: Api;
let source: HttpSource;

beforeAll(async () => {
  source = await startHttpSource();
  stack = await startStack({ env: { LOG_REQUESTS: 'all' } });
  api = await connectApi(stack.apiUrl, stack.apiKey);
});
afterAll(async () => {
  await stack.stop();
  await source.close();
});

/** Everything that was printed after the greeting, which shows the API key on purpose. */
const printed = () => stack.output().split('Press Ctrl-C to stop.')[1] ?? '';

/** The events about a job that change something, in the order of the log. */
function eventsOf(jobId: string): Line[] {
  const json = printed()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const lines = json.map((line) => JSON.parse(line) as Line);
  return lines.filter((line) => line['jobId'] === jobId && line['method'] !== 'GET');
}

/** The line of the downloader may come a moment after the answer of the API. */
async function untilRunsEnded(jobId: string, runs: number): Promise<Line[]> {
  await expect.poll(() => eventsOf(jobId).filter(({ event }) => event === 'run.ended')).toHaveLength(runs);
  return eventsOf(jobId);
}

/** `service event attempt`, and the last part of the path of a request. */
function describe({ service, event, attempt, path }: Line): string {
  const lastPart = typeof path === 'string' ? path.slice(path.lastIndexOf('/') + 1) : '';
  return `${service} ${event} ${typeof attempt === 'number' ? attempt : '-'} ${lastPart}`.trimEnd();
}

/** Both services write at the same time, so only the order within one of them is certain. */
const sequenceOf = (lines: Line[], service: string) =>
  lines.filter((line) => line.service === service).map(describe);

test('a job that needs two attempts can be followed through both services', async () => {
  let requests = 0;
  const wav = file(makeWav(6_000));
  const unavailable = answer(503, 'text/plain', 'later');
  source.serve('/twice.wav', (request, response) =>
    (requests++ === 0 ? unavailable : wav)(request, response),
  );
  const jobId = await api.startImport({ url: source.url('/twice.wav') });
  expect(await api.ended(jobId)).toMatchObject({ status: 'completed' });

  const lines = await untilRunsEnded(jobId, 2);
  expect(sequenceOf(lines, 'worker')).toEqual([
    'worker request.answered - import',
    'worker job.claimed 1',
    'worker attempt.ended 1',
    'worker request.answered 1 failed',
    'worker job.claimed 2',
    'worker request.answered 2 artifacts',
    'worker attempt.ended 2',
    'worker job.ended 2',
    'worker request.answered 2 complete',
  ]);
  expect(sequenceOf(lines, 'downloader')).toEqual([
    'downloader run.started 1',
    'downloader run.ended 1',
    'downloader run.started 2',
    'downloader run.ended 2',
  ]);
  const attempts = lines.filter(({ event }) => event === 'attempt.ended');
  expect(attempts).toMatchObject([
    { outcome: 'failed', code: 'source_unavailable', status: 'queued', failures: 1, provider: null },
    {
      outcome: 'completed',
      code: null,
      status: 'completed',
      bytes: 6000,
      way: 'direct',
      sourceHost: '127.0.0.1',
      provider: 'service',
      durationMs: expect.any(Number) as number,
    },
  ]);
  expect(lines.filter(({ event }) => event === 'run.ended')).toMatchObject([
    { outcome: 'failed', code: 'source_unavailable', report: 'delivered', bytesOut: 0 },
    { outcome: 'completed', report: 'delivered', bytesIn: 6000, bytesOut: 6000 },
  ]);
  expect(lines.find(({ event }) => event === 'job.ended')).toMatchObject({
    status: 'completed',
    bytes: 6000,
  });
});

test('no line contains a secret of a source, a key, a token, a credential or a signature', async () => {
  const secrets = new Set<string>([stack.apiKey, 'imp_WRONG-KEY-0123456789', 'impf_0123456789abcdef']);
  const secretUrl = (path: string, name: string) => {
    const secret = `hidden-${name}-${Math.random().toString(36).slice(2)}`;
    secrets.add(secret);
    return source.url(`${path}?token=${secret}&X-Amz-Signature=${secret}#${secret}`);
  };
  const bytes = makeWav(12 * MIB);
  source.serve('/ok.wav', file(bytes));
  source.serve('/page', answer(200, 'text/html', '<html><body>No media here.</body></html>'));
  source.serve('/moved', redirect(secretUrl('/ok.wav', 'target')));
  const server = await startVersitygw();
  const run = async (url: string, request: object = {}): Promise<ImportData> => {
    const ended = await api.ended(await api.startImport({ url, ...request }), 60_000);
    if (ended.status === 'completed')
      secrets.add(new URL(String(ended['mediaUrl'])).searchParams.get('signature') ?? '');
    return ended;
  };

  const stored = await run(secretUrl('/ok.wav', 'direct'));
  expect(stored.status).toBe('completed');
  expect((await fetch(String(stored['mediaUrl']), { headers: { Range: 'bytes=0-9' } })).status).toBe(206);
  expect((await fetch(`${String(stored['mediaUrl'])}x`)).status).toBe(403);
  await run(secretUrl('/moved', 'redirect'));
  expect(await run(secretUrl('/missing.wav', 'missing'))).toMatchObject({ status: 'failed' });
  expect(await run(secretUrl('/page', 'page'))).toMatchObject({ status: 'failed' });
  if (server !== null) await useBucket(server, { run, secretUrl, secrets });
  for (const token of ['imp_WRONG-KEY-0123456789', 'impf_0123456789abcdef']) {
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(`${stack.apiUrl}/import/status?id=${token}`, { headers })).status).toBe(401);
    const claim = { method: 'POST', headers, body: '{"capacity":1}' };
    expect((await fetch(`${stack.apiUrl}/internal/claim`, claim)).status).toBe(401);
  }
  await server?.stop();

  const generated = await readFile(join(stack.stateDirectory, 'secrets.json'), 'utf8');
  for (const [name, value] of Object.entries(JSON.parse(generated) as Record<string, string>)) {
    if (name !== 'DISPATCH_PUBLIC_KEY') secrets.add(value.split(':').at(-1) ?? value);
  }
  const text = printed();
  expect(text).toContain('"event":"run.ended"');
  expect([...secrets].filter((secret) => secret !== '' && text.includes(secret))).toEqual([]);
  // Attempt tokens, and signed links as a whole.
  expect(text).not.toMatch(/[0-9a-f-]{36}\.\d+\.\d+\.[\w-]{43}/);
  expect(text).not.toMatch(/Signature=(?!…)/i);
  expect(text).not.toMatch(/\?token=/);
});

interface Tools {
  run: (url: string, request?: object) => Promise<ImportData>;
  secretUrl: (path: string, name: string) => string;
  secrets: Set<string>;
}

/** One import into a bucket, and one that the bucket refuses because of a wrong secret. */
async function useBucket(server: TestS3Server, { run, secretUrl, secrets }: Tools): Promise<void> {
  const { endpoint, region, bucket, putOnly } = server;
  secrets.add(putOnly.secretAccessKey).add(putOnly.accessKeyId).add('wrong/secret+access-key');
  const settings = { endpoint, region, bucket, ...putOnly };
  expect((await api.send('PUT', '/storage', settings)).status).toBe(200);
  const stored = await run(secretUrl('/ok.wav', 'bucket'), { store: true });
  expect(stored).toMatchObject({ storage: { status: 'stored' } });
  const wrong = { ...settings, secretAccessKey: 'wrong/secret+access-key' };
  expect((await api.send('PUT', '/storage', wrong)).status).toBe(200);
  const refused = await run(secretUrl('/ok.wav', 'refused'), { store: true, storageFilename: 'refused' });
  expect(refused).toMatchObject({ storage: { status: 'fallback' } });
  expect(eventsOf(refused.jobId).filter(({ event }) => event === 'storage.refused')).toMatchObject([
    { attempt: 1, code: 'storage_credentials_invalid', provider: 'S3-compatible', next: 'service' },
  ]);
  await api.send('DELETE', '/storage');
}
