import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import {
  answer,
  cutFile,
  endlessFile,
  file,
  redirect,
  startHttpSource,
  type FileOptions,
  type Handler,
} from '../../support/http-source.ts';
import { makeWav } from '../../support/wav.ts';
import { cleanUps, closeAll, failureOf, LARGE, MIB, run, SMALL } from './one-job.ts';

afterEach(closeAll);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const completed = { completed: { warnings: [] } };

describe('a slot that reads only files', () => {
  test.each([
    ['text/html', '<!doctype html><html><video src="a.mp4"></video></html>'],
    ['application/vnd.apple.mpegurl', '#EXTM3U\n#EXT-X-ENDLIST\n'],
  ])('hands back a source of type %s without starting yt-dlp', async (type, body) => {
    const { report, source } = await run({ handler: answer(200, type, body), filesOnly: true });
    expect(report).toMatchObject({
      failed: { failure: { code: 'source_is_page' }, source: { way: 'ytdlp', reason: expect.any(String) } },
    });
    expect(source.requests).toEqual(['GET /a%20file.wav']);
  });

  test('imports a file', async () => {
    const { report, worker } = await run({ filesOnly: true });
    expect(report).toEqual(completed);
    expect(worker.stored()?.equals(SMALL)).toBe(true);
  });
});

describe('a direct file', () => {
  test('of a few KiB is checked, sent in one PUT and completed with its digests', async () => {
    const { worker, report, source } = await run({});
    expect(report).toEqual(completed);
    expect(worker.stored()?.equals(SMALL)).toBe(true);
    expect(worker.artifacts).toEqual([
      {
        role: 'media',
        title: 'a file',
        extension: 'wav',
        contentType: 'audio/wav',
        sizeBytes: SMALL.length,
        source: { way: 'direct', reason: 'The URL answered with a wav file.' },
      },
    ]);
    expect(worker.completions[0]).toMatchObject({
      sizeBytes: SMALL.length,
      checksums: { sha256: sha256(SMALL) },
      facts: { container: 'wav', audioCodec: expect.any(String) },
    });
    expect(source.requests).toEqual(['GET /a%20file.wav']);
  });

  test.each<[string, FileOptions, string]>([
    ['with ranges', {}, 'The URL answered with a wav file, read by ranges.'],
    ['without ranges', { ranges: false }, 'The URL answered with a wav file, read in one stream.'],
    [
      'without ranges and length',
      { ranges: false, length: false },
      'The URL answered with a wav file, read in one stream.',
    ],
  ])('of 67 MiB %s arrives unchanged in equal parts', async (_, options, reason) => {
    const { worker, report } = await run({ handler: file(LARGE, options) });
    expect(report).toEqual(completed);
    expect(worker.stored()?.equals(LARGE)).toBe(true);
    expect(worker.artifacts[0]).toMatchObject({
      sizeBytes: options.length === false ? null : LARGE.length,
      source: { way: 'direct', reason },
    });
    const sizes = worker.signed.toSorted((a, b) => a.number - b.number).map(({ sizeBytes }) => sizeBytes);
    expect(sizes).toEqual([...Array<number>(8).fill(8 * MIB), LARGE.length - 64 * MIB]);
    const { sha256: whole } = worker.completions[0]?.checksums ?? {};
    expect(whole).toBe(options.ranges === false ? sha256(LARGE) : undefined);
  });

  test.each(['aws-chunked', 'none', 'binary', 'utf-8', '', 'identity, identity', 'Identity,aws-chunked'])(
    'with "Content-Encoding: %s", which changes no byte, is imported',
    async (coding) => {
      const { worker, report } = await run({
        handler: (request, response) => {
          response.setHeader('Content-Encoding', coding);
          return file(SMALL)(request, response);
        },
      });
      expect(report).toEqual(completed);
      expect(worker.stored()?.equals(SMALL)).toBe(true);
    },
  );

  test('of unknown length that is small is buffered and sent in one PUT', async () => {
    const { worker, report } = await run({ handler: file(SMALL, { ranges: false, length: false }) });
    expect(report).toEqual(completed);
    expect(worker.artifacts[0]?.sizeBytes).toBe(SMALL.length);
    expect(worker.stored()?.equals(SMALL)).toBe(true);
  });

  test('carries the SHA-256 of each part where the plan wants it', async () => {
    const { worker, report } = await run({ handler: file(LARGE), worker: { plans: [{ digest: 'sha256' }] } });
    expect(report).toEqual(completed);
    const second = worker.signed.find(({ number }) => number === 2);
    expect(second?.digest).toBe(sha256(LARGE.subarray(8 * MIB, 16 * MIB)));
  });

  test('behind redirects has the title of the final URL', async () => {
    const source = await startHttpSource();
    cleanUps.push(() => source.close());
    source.serve('/found.wav', file(SMALL));
    const { worker, report } = await run({ handler: redirect(source.url('/found.wav')) });
    expect(report).toEqual(completed);
    expect(worker.artifacts[0]?.title).toBe('found');
  });
});

describe('a bad source', () => {
  const empty: Handler = (_request, response) => void response.writeHead(200, { 'content-length': 0 }).end();
  const loop: Handler = (request, response) => void response.writeHead(302, { location: request.url }).end();
  const zip = Buffer.concat([Buffer.from('504b0304140000000800', 'hex'), Buffer.alloc(200)]);
  test.each<[string, Handler, string]>([
    ['404', answer(404, 'text/plain', 'gone'), 'source_not_found'],
    ['403', answer(403, 'text/plain', 'no'), 'source_forbidden'],
    [
      '403 with a page that yt-dlp cannot read either',
      answer(403, 'text/html', '<html>no</html>'),
      'source_forbidden',
    ],
    ['429', answer(429, 'text/plain', 'slow down'), 'source_rate_limited'],
    ['500', answer(500, 'text/plain', 'oops'), 'source_unavailable'],
    ['an empty file', empty, 'source_empty'],
    ['an archive', answer(200, 'video/mp4', zip), 'not_media'],
    ['a loop of redirects', loop, 'source_redirects'],
    ['a redirect to a file', redirect('file:///etc/passwd'), 'source_redirects'],
    ['a redirect without a target', (_q, response) => void response.writeHead(302).end(), 'source_redirects'],
    ['a redirect to a private address', redirect('http://10.0.0.1/x.wav'), 'source_address_forbidden'],
    [
      'a redirect to the metadata service',
      redirect('http://[::ffff:169.254.169.254]/x'),
      'source_address_forbidden',
    ],
    ['a body shorter than its length', cutFile(SMALL, 20_000), 'source_truncated'],
    ['a large body shorter than its length', cutFile(LARGE, 30 * MIB), 'source_truncated'],
    [
      'an HTML page, without yt-dlp',
      answer(200, 'video/mp4', '<!doctype html><p>hello'),
      'resolver_unavailable',
    ],
    [
      'a playlist called .wav, without yt-dlp',
      answer(200, 'audio/wav', '#EXTM3U\nfile:///etc/passwd'),
      'resolver_unavailable',
    ],
    ['text', answer(200, 'audio/wav', 'just words'), 'not_media'],
    ...['gzip', 'deflate', 'br', 'zstd', 'compress', 'identity, gzip'].map(
      (coding): [string, Handler, string] => [
        `a file compressed with ${coding}`,
        (_q, response) => void response.writeHead(200, { 'content-encoding': coding }).end(SMALL),
        'source_rejected',
      ],
    ),
  ])('(%s) fails with a stable code and stores nothing', async (_, handler, code) => {
    expect(await failureOf({ handler })).toMatchObject({ code });
  });

  test('that is cut inside its media is media_truncated, small or large', async () => {
    const small = SMALL.subarray(0, 30_000);
    expect(await failureOf({ handler: file(small) })).toMatchObject({ code: 'media_truncated' });
    const large = LARGE.subarray(0, 50 * MIB);
    expect(await failureOf({ handler: file(large) })).toMatchObject({ code: 'media_truncated' });
    expect(await failureOf({ handler: file(large, { ranges: false }) })).toMatchObject({
      code: 'media_truncated',
    });
  });

  test('that never ends is stopped at the limit', async () => {
    const handler = endlessFile(LARGE.subarray(0, 1000));
    expect(await failureOf({ handler, limits: { maxBytes: 40 * MIB } })).toMatchObject({
      code: 'source_too_large',
    });
  });

  test('that declares more than the limit is refused before it is read', async () => {
    expect(await failureOf({ handler: file(LARGE), limits: { maxBytes: MIB } })).toMatchObject({
      code: 'source_too_large',
    });
  });

  test('that lasts too long is refused', async () => {
    expect(await failureOf({ handler: file(LARGE), limits: { maxDurationSeconds: 10 } })).toMatchObject({
      code: 'source_too_long',
    });
  });

  test('that goes silent is source_stalled', async () => {
    const { promise } = Promise.withResolvers<void>();
    const handler = file(LARGE, { gate: (sent) => (sent > 20 * MIB ? promise : undefined), ranges: false });
    expect(await failureOf({ handler, limits: { stallSeconds: 1 } })).toMatchObject({
      code: 'source_stalled',
    });
  });

  test.each<[string, FileOptions]>([
    ['large, by ranges', {}],
    ['large, in one stream', { ranges: false }],
    ['of unknown length', { ranges: false, length: false }],
  ])('that sends less than the minimum rate is source_stalled: %s', async (_, options) => {
    // 64 KiB a fifth of a second: there is always progress.
    const gate = (sent: number) =>
      sent < 128 * 1024 ? undefined : new Promise<void>((resolve) => setTimeout(resolve, 200));
    const failure = await failureOf({
      handler: file(LARGE, { ...options, gate }),
      limits: { stallSeconds: 30, minBytesPerSecond: MIB, minRateSeconds: 2 },
    });
    expect(failure.code).toBe('source_stalled');
    expect(failure.detail).toMatch(/^\d+ bytes a second over 2 s; at least 1048576 are required$/);
  });

  test('that is small, slow and of unknown length is not stalled', async () => {
    const gate = () => new Promise<void>((resolve) => setTimeout(resolve, 400));
    const slow = file(makeWav(512 * 1024), { ranges: false, length: false, gate });
    const { report } = await run({
      handler: slow,
      limits: { stallSeconds: 2, minBytesPerSecond: 16 * 1024, minRateSeconds: 2 },
    });
    expect(report).toEqual(completed);
  });

  test('that exceeds the time limit of the job is job_timeout', async () => {
    const handler = file(LARGE, { gate: () => new Promise((resolve) => setTimeout(resolve, 50)) });
    expect(await failureOf({ handler, limits: { timeoutSeconds: 1 } })).toMatchObject({
      code: 'job_timeout',
    });
  });

  test('on a private address is refused and never connected to', async () => {
    const { report, source } = await run({ allow: '' });
    expect(report).toMatchObject({
      failed: { failure: { code: 'source_address_forbidden' }, source: { way: 'direct' } },
    });
    expect(source.connections()).toBe(0);
  });
});
