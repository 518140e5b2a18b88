/** The sources of a chaos run: each request gets files and pages of its own, under a path of its own. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, cutFile, file, startHttpSource, type FileOptions } from '../support/http-source.ts';
import { copyMediaFolder, mediaBytes } from '../support/media-files.ts';
import { makeWav } from '../support/wav.ts';

/** The sources of one request. Each function returns a URL. */
export interface Site {
  /** The name of its file in a bucket. */
  fileName: string;
  wav(sizeBytes: number, options?: FileOptions): string;
  /** Sends its first bytes and then nothing. */
  stuck(sizeBytes: number): string;
  /** Sends nothing until `release`. */
  held(sizeBytes: number): string;
  release(): void;
  cut(sizeBytes: number): string;
  missing(): string;
  page(): string;
  emptyPage(): string;
  stream(): string;
  feed(): string;
}

export interface Sites {
  site(name: string): Site;
  /** The SHA-256 of what a URL serves, as hex; null for those whose file yt-dlp or ffmpeg makes. */
  digestOf(url: string): string | null;
  close(): Promise<void>;
}

const HTML = 'text/html; charset=utf-8';
const page = (head: string, body = '') =>
  `<!doctype html><html><head>${head}</head><body>${body}</body></html>`;

export async function startSites(ffmpeg: string): Promise<Sites> {
  const source = await startHttpSource();
  const movie = Buffer.from(await mediaBytes(ffmpeg, 'start.mp4'));
  const stream = await readStream(ffmpeg);
  const digests = new Map<string, string>();
  let files = 0;

  const site = (name: string): Site => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const at = (path: string) => source.url(`/${name}/${path}`);
    /** Every file has other bytes, which are made again for each answer, so that they need no memory. */
    const serveWav = (sizeBytes: number, options: FileOptions = {}): string => {
      files += 1;
      const size = sizeBytes + 4 * files;
      const path = `${files}.wav`;
      digests.set(at(path), createHash('sha256').update(makeWav(size)).digest('hex'));
      source.serve(`/${name}/${path}`, (request, response) =>
        file(makeWav(size), options)(request, response),
      );
      return at(path);
    };
    const serve = (path: string, type: string, body: string | Buffer): string => {
      source.serve(`/${name}/${path}`, answer(200, type, body));
      return at(path);
    };
    return {
      fileName: name,
      wav: serveWav,
      stuck: (size) =>
        serveWav(size, { gate: (sent) => (sent > 0 ? new Promise(() => undefined) : undefined) }),
      held: (size) => serveWav(size, { gate: () => released }),
      release,
      cut: (size) => {
        source.serve(`/${name}/cut.wav`, cutFile(makeWav(size), size / 2));
        return at('cut.wav');
      },
      missing: () => at('missing.wav'),
      page: () => {
        source.serve(`/${name}/movie.mp4`, file(movie, { contentType: 'video/mp4' }));
        const video = `<meta property="og:video" content="${at('movie.mp4')}">`;
        return serve('watch', HTML, page(`<title>Film ${name}</title>${video}`));
      },
      emptyPage: () => serve('plain', HTML, page('<title>Nothing</title>', '<p>Nothing here.</p>')),
      stream: () => {
        for (const [entry, type, bytes] of stream) serve(entry, type, bytes);
        return at('index.m3u8');
      },
      feed: () => {
        const items = [0, 1, 2].map(
          (n) => `<item><title>Part ${n}</title><enclosure url="${serveWav(60_000)}"/></item>`,
        );
        const channel = `<channel><title>Show ${name}</title>${items.join('')}</channel>`;
        return serve(
          'feed.xml',
          'application/rss+xml',
          `<?xml version="1.0"?><rss version="2.0">${channel}</rss>`,
        );
      },
    };
  };
  return { site, digestOf: (url) => digests.get(url) ?? null, close: () => source.close() };
}

async function readStream(ffmpeg: string): Promise<[name: string, type: string, bytes: Buffer][]> {
  const folder = await mkdtemp(join(tmpdir(), 'importly-chaos-stream-'));
  await copyMediaFolder(ffmpeg, 'hls', folder);
  const names = await readdir(folder);
  const type = (name: string) => (name.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp2t');
  const entries = await Promise.all(
    names.map(
      async (name) => [name, type(name), await readFile(join(folder, name))] as [string, string, Buffer],
    ),
  );
  await rm(folder, { recursive: true });
  return entries;
}
