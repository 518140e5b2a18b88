import { join } from 'node:path';
import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchWithYtdlp } from '../../../../downloader/sources/page/ytdlp.ts';
import { parseEgressAllow } from '../../../../worker/contract/address-policy.ts';
import type { Failure } from '../../../../worker/contract/failure.ts';
import { gzipBomb } from '../../../support/gzip-bomb.ts';
import { mediaTools } from '../../../support/media-tools.ts';
import { repeatedSampleMp4 } from '../../../support/crafted-mp4.ts';
import { trustingTools } from '../../../support/trusting-tools.ts';
import { makeCertificate } from '../../net/certificate.ts';
import { closeServers, serveHttps } from '../../net/servers.ts';
import { failureOf, fetchPath, jobFor, largestFile, useWorld, type LIMITS } from './world.ts';

const tools = await mediaTools();
const world = useWorld();

describe.skipIf(!tools.ytdlpDirectory || !tools.ffmpeg)('a merge is bounded', () => {
  it('where tables name the same bytes again and again', { timeout: 60_000 }, async () => {
    const mp4 = repeatedSampleMp4(1000, 1_000_000);
    world.site.routes.set('/0.mp4', (_, response) => void response.end(mp4));
    const list = `#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXTINF:20,\n0.mp4\n#EXT-X-ENDLIST\n`;
    world.site.routes.set('/index.m3u8', list);
    expect((await failureOf(fetchPath(world, tools, '/index.m3u8'))).code).toBe('merge_failed');
    expect(await largestFile(join(world.base, 'job'))).toBeLessThan(20_000_000);
  });
});

describe.skipIf(!tools.ytdlpDirectory)('what an answer over https is unpacked into is bounded', () => {
  afterEach(closeServers);

  /** The proxy does not see these answers. */
  async function failureOverTls(
    listener: RequestListener,
    limits?: Partial<typeof LIMITS>,
  ): Promise<Failure> {
    const certificate = makeCertificate(['127.0.0.1']);
    const port = await serveHttps(certificate, listener);
    const trusting = await trustingTools(tools, certificate.cert);
    const job = jobFor(world, '', limits);
    const command = { ...job.command, source: { url: `https://127.0.0.1:${port}/a` } } as typeof job.command;
    const deps = { tools: trusting.tools, allow: parseEgressAllow(`source:127.0.0.1:${port}`) };
    const failure = await failureOf(fetchWithYtdlp({ ...job, command }, deps));
    await trusting.remove();
    return failure;
  }

  it('in memory, for a page', { timeout: 60_000 }, async () => {
    const failure = await failureOverTls(gzipBomb('text/html', '<html><title>A page</title>', 64));
    expect(failure).toEqual({ code: 'source_too_large' });
  });

  it('in a file, for a download', { timeout: 60_000 }, async () => {
    const maxBytes = 20_000_256;
    const failure = await failureOverTls(gzipBomb('video/mp4', 'no page', 4), { maxBytes });
    expect(failure.code).toBe('source_too_large');
    expect(await largestFile(join(world.base, 'job'))).toBeLessThanOrEqual(maxBytes);
  });
});

describe.skipIf(!tools.ytdlpDirectory)('over http a compressed answer is refused', () => {
  it('for a page', { timeout: 60_000 }, async () => {
    world.site.routes.set('/page', gzipBomb('text/html', '<html><title>A page</title>', 64));
    expect(await failureOf(fetchPath(world, tools, '/page'))).toEqual({
      code: 'source_rejected',
      detail: 'the source compresses its answers with gzip',
    });
  });
});
