/** Imports pages and streams: yt-dlp finds the media, ffmpeg merges and remuxes it, and the stored file is complete. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Api, ImportData } from '../support/stack/api.ts';
import { answer, file, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { copyMediaFolder, mediaBytes, type FolderName } from '../support/media-files.ts';
import { mediaTools } from '../support/media-tools.ts';
import { createTestWorkspace, type TestWorkspace } from '../support/stack/workspace.ts';

const { ytdlpDirectory, ffmpeg } = await mediaTools();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const TYPES: Record<string, string> = {
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
  ts: 'video/mp2t',
  m4s: 'video/iso.segment',
  mp4: 'video/mp4',
};

describe.skipIf(ytdlpDirectory === null || ffmpeg === null)('with yt-dlp and ffmpeg', () => {
  let workspace: TestWorkspace;
  let api: Api;
  let source: HttpSource;

  beforeAll(async () => {
    source = await startHttpSource();
    workspace = await createTestWorkspace();
    ({ api } = workspace);
  });
  afterAll(async () => {
    // No other file of tests on this stack imports what needs a private folder. The note of an attempt is removed when its report has been answered.
    await vi.waitFor(async () => expect(await readdir(join(workspace.stateDirectory, 'work'))).toEqual([]));
    await source.close();
  });

  /** Serves every file of a streaming presentation under `/<name>/`. */
  async function serveFolder(name: FolderName): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'presentation-'));
    await copyMediaFolder(ffmpeg!, name, folder);
    for (const entry of await readdir(folder)) {
      const contentType = TYPES[entry.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
      source.serve(`/${name}/${entry}`, file(await readFile(join(folder, entry)), { contentType }));
    }
    await rm(folder, { recursive: true });
  }

  const importPath = async (path: string, choice: object = {}): Promise<ImportData> =>
    api.ended(await api.startImport({ url: source.url(path), ...choice }), 90_000);

  async function storedBytes(data: ImportData): Promise<Buffer> {
    const media = await fetch(String(data['mediaUrl']));
    expect(media.status).toBe(200);
    const bytes = Buffer.from(await media.arrayBuffer());
    // Checksum and size in the answer match the object.
    const checksum = data['checksum'] as { sha256?: string };
    expect(checksum.sha256).toBe(sha256(bytes));
    expect(bytes.length).toBe(data['fileSizeBytes']);
    return bytes;
  }

  function expectMovie(data: ImportData, seconds = 6): void {
    expect(data).toMatchObject({
      status: 'completed',
      source: { way: 'ytdlp', reason: expect.any(String) as string },
      media: { contentType: 'video/mp4', width: 320, height: 240, videoCodec: expect.any(String) as string },
    });
    expect(Math.abs(Number(data['duration']) - seconds)).toBeLessThan(0.5);
  }

  test('an HLS playlist becomes one mp4 file', async () => {
    await serveFolder('hls');
    const data = await importPath('/hls/index.m3u8');
    expectMovie(data);
    expect((await storedBytes(data)).subarray(4, 8).toString()).toBe('ftyp');
  });

  test('the entries of a feed that a filter leaves are imported as a batch', async () => {
    const movie = Buffer.from(await mediaBytes(ffmpeg!, 'start.mp4'));
    const item = (n: number) => {
      source.serve(`/episode-${n}.mp4`, file(movie, { contentType: 'video/mp4' }));
      return `<item><title>Episode ${n}</title><enclosure url="${source.url(`/episode-${n}.mp4`)}"/></item>`;
    };
    const items = [1, 2, 3].map(item).join('');
    const feed = `<?xml version="1.0"?><rss version="2.0"><channel><title>A show</title>${items}</channel></rss>`;
    source.serve('/feed.xml', answer(200, 'application/rss+xml', feed));
    const playlist = { url: source.url('/feed.xml'), maxEntries: 1, title: 'episode 2' };
    const { body } = await api.send('POST', '/batches', { playlist });
    const { batchId } = body['data'] as { batchId: string };
    const batch = await vi.waitUntil(
      async () => {
        const { data } = (await api.send('GET', `/batches/${batchId}`)).body as {
          data: Record<string, unknown>;
        };
        return data['finishedAt'] === null ? undefined : data;
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(batch).toMatchObject({
      status: 'completed',
      total: 1,
      counts: { completed: 1 },
      playlist: { title: 'A show', entriesFound: 3 },
    });
    const list = await api.send('GET', `/batches/${batchId}/items`);
    const { items: found } = list.body['data'] as { items: ImportData[] };
    expect(found).toMatchObject([{ url: source.url('/episode-2.mp4'), status: 'completed', index: 0 }]);
    expect((await storedBytes(await api.status(found[0]!.jobId))).equals(movie)).toBe(true);
  });

  test('a page with og:video imports exactly the file that it names', async () => {
    const movie = Buffer.from(await mediaBytes(ffmpeg!, 'start.mp4'));
    source.serve('/movie.mp4', file(movie, { contentType: 'video/mp4' }));
    const tags = `<meta property="og:title" content="A film"><meta property="og:video" content="${source.url('/movie.mp4')}">`;
    source.serve(
      '/watch',
      answer(200, 'text/html', `<!doctype html><html><head><title>A film</title>${tags}</head></html>`),
    );
    const data = await importPath('/watch');
    expectMovie(data);
    expect(data['title']).toBe('A film');
    expect(sha256(await storedBytes(data))).toBe(sha256(movie));
  });

  test.for([
    ['hls-groups', 'master.m3u8'],
    ['dash', 'manifest.mpd'],
  ] as const)('separate video and audio (%s) are merged', async ([name, entry]) => {
    await serveFolder(name);
    if (name === 'hls-groups') {
      const audio = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="main",DEFAULT=YES,URI="audio.m3u8"';
      const video =
        '#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=320x240,CODECS="avc1.64000d,mp4a.40.2",AUDIO="a"';
      const master = ['#EXTM3U', '#EXT-X-VERSION:4', audio, video, 'video.m3u8', ''].join('\n');
      source.serve('/hls-groups/master.m3u8', answer(200, 'application/vnd.apple.mpegurl', master));
    }
    // The user pastes the URL of the page, which only links to the stream.
    const link = source.url(`/${name}/${entry}`);
    const page = `<!doctype html><html><head><title>Two halves</title></head><body><video><source src="${link}"></video></body></html>`;
    source.serve(`/page-${name}`, answer(200, 'text/html', page));
    const data = await importPath(`/page-${name}`);
    expectMovie(data);
    expect(data['media']).toMatchObject({ audioCodec: expect.any(String) as string });
    await storedBytes(data);
  });

  test('a choice of quality takes one of two sizes, and the result tells how the file differs', async () => {
    await serveFolder('hls-portrait');
    const sizes = [
      ['small', '120x214'],
      ['large', '240x426'],
    ].flatMap(([name, size]) => [
      `#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=${size},CODECS="avc1.42c00d,mp4a.40.2"`,
      `${name}.m3u8`,
    ]);
    const master = ['#EXTM3U', ...sizes, ''].join('\n');
    source.serve('/hls-portrait/master.m3u8', answer(200, 'application/vnd.apple.mpegurl', master));
    const choice = { videoQuality: '144p', container: 'mkv', maxCostInDollars: 1 };
    const data = await importPath('/hls-portrait/master.m3u8', choice);
    expect(data).toMatchObject({
      status: 'completed',
      requested: choice,
      actual: {
        container: 'matroska',
        width: 120,
        height: 214,
        framesPerSecond: 25,
        videoCodec: 'avc',
        audioCodec: 'aac',
      },
      differences: [
        {
          field: 'videoQuality',
          requested: '144p',
          actual: '120p',
          reason: 'The source offers 120p and 240p in the chosen container and codecs.',
        },
      ],
    });
    expect((await storedBytes(data)).length).toBeGreaterThan(10_000);
  });

  test('the audio of a direct file is stored as mp3, and an import beyond its limit fails', async () => {
    const movie = Buffer.from(await mediaBytes(ffmpeg!, 'start.mp4'));
    source.serve('/talk.mp4', file(movie, { contentType: 'video/mp4' }));
    const data = await importPath('/talk.mp4', { audioFormat: 'mp3', audioQuality: 'low' });
    expect(data).toMatchObject({
      status: 'completed',
      title: 'talk',
      media: { contentType: 'audio/mpeg', videoCodec: null, audioCodec: 'mp3' },
      differences: [],
    });
    await storedBytes(data);
    const refused = await importPath('/talk.mp4', { maxBytes: movie.length - 1 });
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'max_bytes_exceeded' } });
  });

  test('a page without media fails with unsupported_url', async () => {
    source.serve(
      '/plain',
      answer(200, 'text/html', '<!doctype html><html><body><p>Nothing here.</p></body></html>'),
    );
    const data = await importPath('/plain');
    expect(data).toMatchObject({ status: 'failed', error: { code: 'unsupported_url' } });
  });

  test('a stream with a missing segment does not complete', async () => {
    await serveFolder('hls');
    source.serve('/hls/3.ts', answer(404, 'text/plain', 'gone'));
    const jobId = await api.startImport({ url: source.url('/hls/index.m3u8') });
    const data = await api.until(
      jobId,
      ({ status, attempt }) => status === 'failed' || Number(attempt) > 1,
      90_000,
    );
    expect(data.status).not.toBe('completed');
    await api.send('DELETE', `/imports/${jobId}`);
    expect((await api.ended(jobId)).status).not.toBe('completed');
  });
});
