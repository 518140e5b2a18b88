import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gzipBomb } from '../../../support/gzip-bomb.ts';
import { mediaTools } from '../../../support/media-tools.ts';
import { repeatedSampleMp4 } from '../../../support/crafted-mp4.ts';
import { failureOf, fetchPath, largestFile, useWorld } from './world.ts';

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

describe.skipIf(!tools.ytdlpDirectory)('the way through yt-dlp bounds', () => {
  it('the memory that a page is decompressed into', { timeout: 60_000 }, async () => {
    world.site.routes.set('/page', gzipBomb('text/html', '<html><title>A page</title>', 64));
    // yt-dlp has no words for it.
    expect(await failureOf(fetchPath(world, tools, '/page'))).toEqual({ code: 'resolver_failed' });
  });

  it('the file that a download is decompressed into', { timeout: 60_000 }, async () => {
    world.site.routes.set('/movie.mp4', gzipBomb('video/mp4', 'no page', 4));
    const maxBytes = 20_000_256;
    const failure = await failureOf(fetchPath(world, tools, '/movie.mp4', { maxBytes }));
    expect(failure.code).toBe('source_too_large');
    expect(await largestFile(join(world.base, 'job'))).toBeLessThanOrEqual(maxBytes);
  });
});
