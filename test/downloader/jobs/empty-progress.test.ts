/** A source that sends bytes without end, of which none belongs to the media. The real yt-dlp waits for it. */
import type { RequestListener } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { answer } from '../../support/http-source.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { trustingTools } from '../../support/trusting-tools.ts';
import { makeCertificate } from '../net/certificate.ts';
import { closeServers, serveHttps } from '../net/servers.ts';
import { cleanUps, closeAll, failureOf } from './one-job.ts';

const KIB = 1024;
const found = await mediaTools();

afterEach(async () => {
  await closeAll();
  await closeServers();
});

test.skipIf(!found.ytdlpDirectory)(
  'a page whose server sends only interim answers has stalled, however many bytes they are',
  { timeout: 60_000 },
  async () => {
    let sentBytes = 0;
    const interim = `HTTP/1.1 100 Continue\r\nX-Padding: ${'a'.repeat(8 * KIB)}\r\n\r\n`;
    // HTTP allows any number of them before the answer.
    const endless: RequestListener = ({ socket }) => {
      const timer = setInterval(() => {
        if (socket.destroyed) return clearInterval(timer);
        sentBytes += interim.length;
        socket.write(interim);
      }, 20);
    };
    const certificate = makeCertificate(['127.0.0.1']);
    const port = await serveHttps(certificate, endless);
    const { tools, remove } = await trustingTools(found, certificate.cert);
    cleanUps.push(remove);
    const segment = `#EXTINF:4,\nhttps://127.0.0.1:${port}/0.ts\n`;
    const failure = await failureOf({
      handler: answer(
        200,
        'application/vnd.apple.mpegurl',
        `#EXTM3U\n#EXT-X-TARGETDURATION:4\n${segment}#EXT-X-ENDLIST\n`,
      ),
      tools,
      limits: { stallSeconds: 30, minBytesPerSecond: 16 * KIB, minRateSeconds: 6, timeoutSeconds: 50 },
    });
    expect(failure).toEqual({
      code: 'source_stalled',
      detail: expect.stringContaining('bytes a second over 6 s; at least 16384 are required'),
    });
    expect(sentBytes).toBeGreaterThan(100 * KIB);
  },
);
