import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JobFailure } from '../../../../downloader/job-failure.ts';
import { describePage } from '../../../../downloader/sources/page/describe-page.ts';
import { SourceMetadata } from '../../../../worker/contract/downloader/metadata.ts';
import { parseEgressAllow } from '../../../../worker/contract/address-policy.ts';
import { copyMediaFolder } from '../../../support/media-files.ts';
import { mediaTools } from '../../../support/media-tools.ts';
import { jobFor, useWorld, type Surroundings } from './world.ts';

const tools = await mediaTools();
const world = useWorld();
const serve = (path: string, text: string) => world.site.routes.set(path, text);

async function describePath(path: string, kind: 'metadata' | 'basic_metadata', around: Surroundings = {}) {
  const job = jobFor(world, path, {}, around);
  Object.assign(job.command, { kind });
  const allow = parseEgressAllow(`source:127.0.0.1:${world.site.port}`);
  const { metadata, reason } = await describePage(job, { tools, allow });
  return { metadata: SourceMetadata.parse(metadata), reason };
}

const MASTER = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=240x426,CODECS="avc1.42c00d,mp4a.40.2"
large.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=200000,RESOLUTION=120x214,CODECS="avc1.42c00d,mp4a.40.2"
small.m3u8
`;
const PROTECTED = `#EXTM3U
#EXT-X-TARGETDURATION:6
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://keys.example/1",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"
#EXTINF:6,
0.ts
#EXT-X-ENDLIST
`;

describe.skipIf(!tools.ytdlpDirectory || !tools.ffmpeg)('a page', () => {
  it('is described without its media: formats, sizes, and what an import takes', async () => {
    await copyMediaFolder(tools.ffmpeg ?? '', 'hls-portrait', join(world.base, 'site'));
    serve('/master.m3u8', MASTER);
    serve(
      '/watch',
      `<html><title>The film</title><meta property="og:image" content="${world.site.url}/1.jpg">
      <video src="/master.m3u8"></video></html>`,
    );
    const choice = { videoQuality: 144 };
    const { metadata, reason } = await describePath('/watch', 'metadata', { choice });
    expect(metadata.title).toContain('The film');
    expect(metadata.thumbnail).toBe(`${world.site.url}/1.jpg`);
    expect(
      metadata.formats.map(({ width, videoCodec, isSegmented }) => [width, videoCodec, isSegmented]),
    ).toEqual([
      [120, 'avc', true],
      [240, 'avc', true],
    ]);
    expect(metadata.estimate).toMatchObject({ formatIds: [metadata.formats[0]?.id], refusal: null });
    expect(reason).toMatch(/^yt-dlp \(\w+\) read it\.$/);
    expect(world.site.seen.filter((path) => /\.ts$|\.jpg$/.test(path))).toEqual([]);
  });

  it('costs as many requests for basic metadata as yt-dlp sends to read it', async () => {
    await copyMediaFolder(tools.ffmpeg ?? '', 'hls', join(world.base, 'site'));
    serve('/watch', '<html><title>The film</title><video src="/index.m3u8"></video></html>');
    const { metadata } = await describePath('/watch', 'basic_metadata');
    expect(metadata).toMatchObject({ formats: [], estimate: null });
    expect(metadata.title).toContain('The film');
    // The page, and the playlist that it names.
    expect(world.site.seen.toSorted()).toEqual(['GET /index.m3u8', 'GET /watch']);
  });

  it('with protected media is described, with the verdict', async () => {
    serve('/drm.m3u8', PROTECTED);
    const { metadata } = await describePath('/drm.m3u8', 'metadata');
    expect(metadata).toMatchObject({
      title: 'drm',
      formats: [],
      estimate: { refusal: { code: 'drm_protected' } },
    });
  });

  it('with a selector that matches nothing is described, with the verdict', async () => {
    await copyMediaFolder(tools.ffmpeg ?? '', 'hls', join(world.base, 'site'));
    const { metadata } = await describePath('/index.m3u8', 'metadata', {
      choice: { selector: 'no-such-format' },
    });
    expect(metadata.formats).toHaveLength(1);
    expect(metadata.estimate).toMatchObject({ formatIds: [], refusal: { code: 'format_not_available' } });
  });

  it('without media fails as its import does', async () => {
    serve('/empty', '<html><title>Nothing</title></html>');
    const failure = await describePath('/empty', 'metadata').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(JobFailure);
    expect((failure as JobFailure).failure.code).toBe('unsupported_url');
  });
});
