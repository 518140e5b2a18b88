import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchWithYtdlp } from '../../../../downloader/sources/page/ytdlp.ts';
import { parseEgressAllow } from '../../../../worker/contract/address-policy.ts';
import { copyMediaFolder, mediaBytes } from '../../../support/media-files.ts';
import { mediaTools } from '../../../support/media-tools.ts';
import { startPageServer } from '../../../support/page-server.ts';
import { failureOf, fetchPath, jobFor, largestFile, useWorld } from './world.ts';

const tools = await mediaTools();
const ffmpeg = tools.ffmpeg ?? '';
const world = useWorld();

describe.skipIf(!tools.ytdlpDirectory || !tools.ffmpeg)('the way through yt-dlp refuses', () => {
  it('a playlist called .mp4 that names a local file, and leaks nothing', async () => {
    const secret = join(world.base, 'private.ts');
    await writeFile(secret, await mediaBytes(ffmpeg, 'h264.ts'));
    const list = `#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile://${secret}\n#EXT-X-ENDLIST\n`;
    world.site.routes.set('/fake.mp4', (_, response) =>
      response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': list.length }).end(list),
    );
    world.site.routes.set('/page', `<meta property="og:video" content="${world.site.url}/fake.mp4">`);
    expect((await failureOf(fetchPath(world, tools, '/page'))).code).toBe('not_media');
    expect(await largestFile(join(world.base, 'job'))).toBeLessThan(50_000);
  });

  it('a playlist as the segment of a playlist', async () => {
    const inner = `#EXTM3U\n#EXTINF:6,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n`;
    world.site.routes.set('/0.ts', (_, response) => void response.end(inner));
    world.site.routes.set(
      '/index.m3u8',
      `#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n0.ts\n#EXT-X-ENDLIST\n`,
    );
    expect((await failureOf(fetchPath(world, tools, '/index.m3u8'))).code).toBe('not_media');
  });

  it('a manifest whose video is a playlist of a local file', async () => {
    await copyMediaFolder(ffmpeg, 'dash', join(world.base, 'site'));
    const secret = join(world.base, 'private.ts');
    await writeFile(secret, await mediaBytes(ffmpeg, 'h264.ts'));
    world.site.routes.set('/v.mp4', `#EXTM3U\n#EXTINF:6,\nfile://${secret}\n#EXT-X-ENDLIST\n`);
    await writeFile(join(world.base, 'site', 'a.m4a'), await mediaBytes(ffmpeg, 'audio.m4a'));
    world.site.routes.set('/two.mpd', TWO_FILES);
    expect((await failureOf(fetchPath(world, tools, '/two.mpd'))).code).toBe('not_media');
  });

  it('segments by file: and other schemes', async () => {
    const list = `#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n`;
    world.site.routes.set('/index.m3u8', list);
    expect((await failureOf(fetchPath(world, tools, '/index.m3u8'))).code).toBe('download_failed');
  });

  it('a playlist with a missing segment', async () => {
    await copyMediaFolder(ffmpeg, 'hls', join(world.base, 'site'));
    await rm(join(world.base, 'site', '3.ts'));
    expect(await failureOf(fetchPath(world, tools, '/index.m3u8'))).toMatchObject({
      code: 'download_failed',
    });
  });

  it('a segment on a private address, and sends it nothing', async () => {
    await copyMediaFolder(ffmpeg, 'hls', join(world.base, 'site'));
    const inner = await startPageServer(join(world.base, 'site'));
    const list = await readFile(join(world.base, 'site', 'index.m3u8'), 'utf8');
    world.site.routes.set('/mixed.m3u8', list.replace('3.ts', `${inner.url}/3.ts`));
    const failure = await failureOf(fetchPath(world, tools, '/mixed.m3u8'));
    const { seen } = inner;
    await inner.close();
    expect(failure.code).toBe('source_address_forbidden');
    expect(seen).toEqual([]);
  });

  it('a page on a private address', async () => {
    world.site.routes.set('/page', '<html></html>');
    expect((await failureOf(fetchWithYtdlp(jobFor(world, '/page'), { tools, allow: [] }))).code).toBe(
      'source_address_forbidden',
    );
    expect(world.site.seen).toEqual([]);
  });

  it('a live playlist', async () => {
    world.site.routes.set(
      '/live.m3u8',
      '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n0.ts\n#EXTINF:1,\n1.ts\n',
    );
    expect((await failureOf(fetchPath(world, tools, '/live.m3u8'))).code).toBe('live_stream');
  });

  it('a page that is not there, and one without media', async () => {
    world.site.routes.set('/empty', '<html><title>Nothing</title><p>Nothing here.</p></html>');
    expect(await failureOf(fetchPath(world, tools, '/gone'))).toEqual({
      code: 'source_not_found',
      detail: 'HTTP 404',
    });
    expect((await failureOf(fetchPath(world, tools, '/empty'))).code).toBe('unsupported_url');
  });

  it('an endless body, at the limit of bytes', async () => {
    world.site.routes.set('/page', `<meta property="og:video" content="${world.site.url}/endless.mp4">`);
    world.site.routes.set('/endless.mp4', (_, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4' });
      const pump = (): void => {
        while (response.write(Buffer.alloc(65_536))) if (response.destroyed) return;
        response.once('drain', pump);
      };
      pump();
    });
    const failure = await failureOf(fetchPath(world, tools, '/page', { maxBytes: 2_000_000 }));
    expect(failure.code).toBe('source_too_large');
    expect(await largestFile(join(world.base, 'job'))).toBeLessThanOrEqual(2_000_000);
  });

  it('media that lasts too long', async () => {
    await copyMediaFolder(ffmpeg, 'hls', join(world.base, 'site'));
    expect((await failureOf(fetchPath(world, tools, '/index.m3u8', { maxDurationSeconds: 3 }))).code).toBe(
      'source_too_long',
    );
  });

  it('to act on what lies in the working folder', async () => {
    await copyMediaFolder(ffmpeg, 'hls', join(world.base, 'site'));
    const job = jobFor(world, `/index.m3u8`);
    const directory = await job.directory();
    const marker = join(world.base, 'ran');
    await writeFile(join(directory, 'requests.py'), `open(${JSON.stringify(marker)}, 'w')`);
    await writeFile(join(directory, 'yt-dlp.conf'), `--exec "touch ${marker}"`);
    await fetchWithYtdlp(job, { tools, allow: parseEgressAllow('source:127.0.0.1') });
    expect(await readdir(world.base)).not.toContain('ran');
  });
});

const TWO_FILES = `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT6S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">
  <Period>
    <AdaptationSet contentType="video"><Representation id="0" mimeType="video/mp4" codecs="avc1.42c00d" bandwidth="700000" width="320" height="240"><BaseURL>v.mp4</BaseURL></Representation></AdaptationSet>
    <AdaptationSet contentType="audio"><Representation id="1" mimeType="audio/mp4" codecs="mp4a.40.2" bandwidth="69000"><BaseURL>a.m4a</BaseURL></Representation></AdaptationSet>
  </Period>
</MPD>`;
