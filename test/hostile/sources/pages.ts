/** Pages and playlists that cost yt-dlp, or what reads its output, time, memory or disk space. */
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { answer, type Handler } from '../../support/http-source.ts';
import { write } from './send.ts';

const MIB = 1024 * 1024;
const PLAYLIST = 'application/vnd.apple.mpegurl';

function playlist(segments: number, seconds: number, nameOf: (index: number) => string): string {
  const lines = Array.from({ length: segments }, (_, index) => `#EXTINF:${seconds},\n${nameOf(index)}`);
  return `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${lines.join('\n')}\n#EXT-X-ENDLIST\n`;
}

const packedSegment = gzipSync(Buffer.alloc(64 * MIB, 0x47));

/** The first visitor sees a page; yt-dlp, which comes next, is sent to a path of 62 KB that does not exist. */
function longRedirect(): Handler {
  let visits = 0;
  return (_request, response) => {
    visits += 1;
    if (visits % 2 === 1)
      return void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html></html>');
    response.writeHead(302, { Location: `/none/${'a.'.repeat(31_000)}` }).end();
  };
}

/** HTML without an end. */
const endlessPage: Handler = async (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' });
  const piece = Buffer.from('<p>'.repeat(20_000));
  const all = function* () {
    yield Buffer.from('<html>');
    for (;;) yield piece;
  };
  await write(response, all());
};

/** Only interim answers, which HTTP allows any number of: bytes that never become media. */
const interimAnswers: Handler = async ({ socket }) => {
  const answer = `HTTP/1.1 100 Continue\r\nX-Padding: ${'a'.repeat(8000)}\r\n\r\n`;
  while (!socket.destroyed) {
    socket.write(answer);
    await delay(50, undefined, { ref: false });
  }
};

const SEGMENTS = 8;
const packed = (origin = '') =>
  answer(
    200,
    PLAYLIST,
    playlist(SEGMENTS, 1, (index) => `${origin}/packed-${index}.ts`),
  );

/** By path. The downloader does not see what comes from the secure origin, since only its children read it. */
export function pagesWith(secureOrigin: string): Record<string, Handler> {
  return {
    '/packed.m3u8': packed(),
    '/packed-secure.m3u8': packed(secureOrigin),
    ...Object.fromEntries(
      Array.from({ length: SEGMENTS }, (_, index): [string, Handler] => [
        `/packed-${index}.ts`,
        (_request, response) =>
          void response
            .writeHead(200, { 'Content-Type': 'video/mp2t', 'Content-Encoding': 'gzip' })
            .end(packedSegment),
      ]),
    ),
    '/interim.m3u8': answer(
      200,
      PLAYLIST,
      playlist(1, 1, () => `${secureOrigin}/interim.ts`),
    ),
    '/interim.ts': interimAnswers,
    '/million.m3u8': answer(
      200,
      PLAYLIST,
      playlist(1_000_000, 0.04, () => 'none.ts'),
    ),
    '/long-redirect': longRedirect(),
    '/endless-page': endlessPage,
  };
}
