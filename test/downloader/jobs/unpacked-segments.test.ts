/** Segments of a stream that unpack to a thousand times what is sent, through the whole downloader with the real yt-dlp. */
import { afterEach, describe, expect, test } from 'vitest';
import { runningChildren } from '../../../downloader/process/run-child.ts';
import type { Tools } from '../../../downloader/process/tools.ts';
import { gzipBomb } from '../../support/gzip-bomb.ts';
import { answer, startHttpSource } from '../../support/http-source.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { trustingTools } from '../../support/trusting-tools.ts';
import { makeCertificate } from '../net/certificate.ts';
import { closeServers, serveHttp, serveHttps } from '../net/servers.ts';
import { startHarness } from './harness.ts';
import { cleanUps, closeAll } from './one-job.ts';
import { startWorkerStandIn } from './worker-stand-in.ts';

const MIB = 1024 ** 2;
const found = await mediaTools();
/** Each unpacks to 1 GiB. */
const bomb = gzipBomb('video/mp2t', 'G', 16);
const PLAYLIST = (origin: string) =>
  ['#EXTM3U', '#EXT-X-TARGETDURATION:4']
    .concat(Array.from({ length: 8 }, (_, index) => `#EXTINF:4,\n${origin}/${index}.ts`))
    .concat('#EXT-X-ENDLIST')
    .join('\n');

afterEach(async () => {
  await closeAll();
  await closeServers();
});

/** Imports the stream; returns its failure and the most that its files took. */
async function importStream(segments: string, tools: Tools, budget = {}) {
  const source = await startHttpSource();
  source.serve('/v.m3u8', answer(200, 'application/vnd.apple.mpegurl', PLAYLIST(segments)));
  const worker = await startWorkerStandIn();
  const harness = await startHarness({ tools, budget });
  cleanUps.push(() => source.close(), worker.close, harness.stop);
  let peakBytes = 0;
  const observing = setInterval(
    () => void harness.usedBytes().then((bytes) => (peakBytes = Math.max(peakBytes, bytes))),
    50,
  );
  expect(harness.registry.accept(worker.command(source.url('/v.m3u8')))).toBe('accepted');
  const report = await worker.finished;
  clearInterval(observing);
  await harness.idle();
  expect(await harness.leftovers()).toEqual([]);
  expect(runningChildren()).toBe(0);
  if (!('failed' in report)) throw new Error('the job completed');
  return { failure: report.failed.failure, peakBytes, capacity: harness.registry.capacity };
}

describe.skipIf(!found.ytdlpDirectory)('segments that are bombs', () => {
  test('over http are refused by the proxy', { timeout: 60_000 }, async () => {
    const port = await serveHttp(bomb);
    const { failure, peakBytes } = await importStream(`http://127.0.0.1:${port}`, found);
    expect(failure).toEqual({
      code: 'source_rejected',
      detail: 'the source compresses its answers with gzip',
    });
    expect(peakBytes).toBeLessThan(MIB);
  });

  test('over https end their attempt, which leaves nothing', { timeout: 60_000 }, async () => {
    const certificate = makeCertificate(['127.0.0.1']);
    const port = await serveHttps(certificate, bomb);
    const { tools, remove } = await trustingTools(found, certificate.cert);
    cleanUps.push(remove);
    const { failure, peakBytes, capacity } = await importStream(`https://127.0.0.1:${port}`, tools);
    expect(failure).toEqual({ code: 'source_too_large', detail: expect.stringContaining('unpack') });
    // They are seen at 64 MiB. One that is not looked at for long stays far below the 8 GiB of all segments.
    expect(peakBytes).toBeLessThan(2048 * MIB);
    expect(capacity).toBe(4);
  });
});

test.skipIf(!found.ytdlpDirectory)(
  'a stream for which the disk has no space ends, and the downloader takes a rest',
  { timeout: 60_000 },
  async () => {
    const port = await serveHttp((_request, response) => void response.end('G'.repeat(1000)));
    const budget = { diskReserveBytes: Infinity };
    const { failure, capacity } = await importStream(`http://127.0.0.1:${port}`, found, budget);
    expect(failure.code).toBe('downloader_disk_full');
    expect(capacity).toBe(0);
  },
);
