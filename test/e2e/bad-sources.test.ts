/** Imports from faulty sources: each fails with a stable code and leaves no file, part, process or charge. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectApi, type Api, type ImportData } from '../support/stack/api.ts';
import {
  answer,
  cutFile,
  endlessFile,
  file,
  redirect,
  startHttpSource,
  type HttpSource,
} from '../support/http-source.ts';
import { d1, storedKeys, unfinishedParts } from '../support/stack/local-state.ts';
import { mediaTools } from '../support/media-tools.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { makeWav, wavHeader } from '../support/wav.ts';

const MIB = 1024 * 1024;
const WAV = makeWav(24 * MIB);
// Without yt-dlp and ffmpeg, pages and playlists fail before their content is read.
const { ytdlpDirectory, ffmpeg } = await mediaTools();
const withoutTools = ytdlpDirectory === null || ffmpeg === null;
const HTML = '<!doctype html><html><head><title>Log in</title></head><body>Please log in.</body></html>';

let stack: Stack;
let api: Api;
let source: HttpSource;
/** Listens on an address that is not allowed. */
let forbidden: HttpSource;

beforeAll(async () => {
  source = await startHttpSource();
  forbidden = await startHttpSource('127.0.0.2');
  forbidden.serve('/secret.wav', file(WAV));
  // One failure ends a job, so transient failures need no waiting. A low MAX_BYTES ends endless bodies soon.
  // STALL_SECONDS leaves time for the start of yt-dlp on a busy machine.
  stack = await startStack({ env: { MAX_FAILURES: '1', MAX_BYTES: `${40 * MIB}`, STALL_SECONDS: '10' } });
  api = await connectApi(stack.apiUrl, stack.apiKey);
});
afterAll(async () => {
  await stack.stop();
  await source.close();
  await forbidden.close();
});

const importUrl = async (url: string): Promise<ImportData> =>
  api.ended(await api.startImport({ url }), 60_000);
const codeOf = (data: ImportData) => (data['error'] as { code?: string } | undefined)?.code;

afterEach(async () => {
  expect(storedKeys(stack.stateDirectory)).toEqual([]);
  expect(unfinishedParts(stack.stateDirectory)).toBe(0);
  // The note of an attempt is removed when its report has been answered.
  await expect.poll(() => readdir(join(stack.stateDirectory, 'work'))).toEqual([]);
  const below = stack.processes().filter(({ parentPid }) => parentPid === stack.downloaderPid());
  expect(below).toEqual([]);
  expect(d1(stack.stateDirectory, 'SELECT sum(microdollars) AS cost FROM ledger')).toEqual([{ cost: 0 }]);
});

describe('a source that', () => {
  const CASES: [name: string, handler: Parameters<HttpSource['serve']>[1], code: string][] = [
    ['answers 404', answer(404, 'text/html', HTML), 'source_not_found'],
    ['answers 410', answer(410, 'text/plain', ''), 'source_not_found'],
    ['answers 403', answer(403, 'text/html', HTML), 'source_forbidden'],
    ['answers 401', answer(401, 'text/plain', ''), 'source_forbidden'],
    ['answers 500', answer(500, 'text/plain', ''), 'source_unavailable'],
    ['answers 429', answer(429, 'text/plain', ''), 'source_rate_limited'],
    ['is empty', answer(200, 'video/mp4', ''), 'source_empty'],
    [
      'is an archive',
      answer(200, 'video/mp4', Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(5_000)])),
      'not_media',
    ],
    ['is text', answer(200, 'video/mp4', 'just a line of text\n'.repeat(300)), 'not_media'],
    ['ends before its length', cutFile(WAV, 10 * MIB), 'source_truncated'],
    [
      'is cut short and declares the shorter length',
      answer(200, 'audio/wav', WAV.subarray(0, MIB)),
      'media_truncated',
    ],
    ['never ends', endlessFile(wavHeader(2 ** 31)), 'source_too_large'],
    ['is larger than MAX_BYTES', file(makeWav(41 * MIB)), 'source_too_large'],
    ['redirects endlessly', redirect('/case'), 'source_redirects'],
    ['redirects to a file URL', redirect('file:///etc/passwd'), 'source_redirects'],
    [
      'stops sending',
      (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': WAV.length });
        response.write(WAV.subarray(0, MIB));
      },
      'source_stalled',
    ],
  ];
  test.for(CASES)('%s', async ([, handler, code]) => {
    source.serve('/case', handler);
    const data = await importUrl(source.url('/case'));
    expect(data.status).toBe('failed');
    expect(codeOf(data)).toBe(code);
    expect(data).toMatchObject({ costInDollars: 0, message: expect.any(String) as string });
  });
});

test.skipIf(withoutTools)('HTML instead of media fails with not_media', async () => {
  source.serve('/video.mp4', answer(200, 'video/mp4', HTML));
  const data = await importUrl(source.url('/video.mp4'));
  expect(data.status).toBe('failed');
  expect(codeOf(data)).toBe('not_media');
});

test.skipIf(withoutTools)(
  'a playlist called .mp4 that names a local file fails with not_media, and the file is not read',
  async () => {
    const playlist = '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n';
    source.serve('/playlist.mp4', answer(200, 'video/mp4', playlist));
    const data = await importUrl(source.url('/playlist.mp4'));
    expect(data.status).toBe('failed');
    expect(codeOf(data)).toBe('not_media');
    expect(JSON.stringify(data)).not.toContain('root:');
  },
);

describe('a forbidden address', () => {
  test('is refused in the request if the URL names it', async () => {
    const { status, body } = await api.send('POST', '/import', { url: forbidden.url('/secret.wav') });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'source_address_forbidden' });
  });

  test('is refused if a redirect leads to it', async () => {
    source.serve('/leads-inside', redirect(forbidden.url('/secret.wav')));
    const data = await importUrl(source.url('/leads-inside'));
    expect(data).toMatchObject({
      status: 'failed',
      error: { code: 'source_address_forbidden', retryable: false },
    });
  });

  test.skipIf(withoutTools)('is refused if a playlist names it', async () => {
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${forbidden.url('/secret.ts')}\n#EXT-X-ENDLIST\n`;
    source.serve('/list.m3u8', answer(200, 'application/vnd.apple.mpegurl', playlist));
    expect(await importUrl(source.url('/list.m3u8'))).toMatchObject({
      status: 'failed',
      error: { code: 'source_address_forbidden', retryable: false },
    });
  });

  test('has received no connection in these tests', () => {
    expect(forbidden.connections()).toBe(0);
  });
});
