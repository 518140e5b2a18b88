import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FetchedFile } from '../../../../downloader/sources/page/ytdlp.ts';
import type { HardStops, MediaChoice } from '../../../../worker/contract/choice/media-choice.ts';
import {
  copyMediaFolder,
  mediaBytes,
  type FolderName,
  type MediaName,
} from '../../../support/media-files.ts';
import { mediaTools } from '../../../support/media-tools.ts';
import { failureOf, fetchPath, useWorld } from './world.ts';

const tools = await mediaTools();
const ffmpeg = tools.ffmpeg ?? '';
const world = useWorld();

const PORTRAIT = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=200000,RESOLUTION=120x214,CODECS="avc1.42c00d,mp4a.40.2"
small.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=240x426,CODECS="avc1.42c00d,mp4a.40.2"
large.m3u8
`;
const GROUPS = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="main",DEFAULT=YES,URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=320x240,CODECS="avc1.42c00d,mp4a.40.2",AUDIO="sound"
video.m3u8
`;

const fetchChoice = (path: string, choice: MediaChoice, stops?: HardStops): Promise<FetchedFile> =>
  fetchPath(world, tools, path, stops ? { stops } : {}, { choice });

async function serveFolder(name: FolderName): Promise<void> {
  await copyMediaFolder(ffmpeg, name, join(world.base, 'site'));
}

/** A page that names one file. */
async function servePage(name: MediaName): Promise<void> {
  await writeFile(join(world.base, 'site', name), await mediaBytes(ffmpeg, name));
  const tags = `<meta property="og:title" content="A film"><meta property="og:video" content="${world.site.url}/${name}">`;
  world.site.routes.set('/page', `<html><head><title>A page</title>${tags}</head></html>`);
}

/** Names of the requested files that match. */
const requested = (pattern: RegExp): string[] => world.site.seen.filter((line) => pattern.test(line));

describe.skipIf(!tools.ytdlpDirectory || !tools.ffmpeg)('a choice for a page', () => {
  describe('with HLS in two portrait sizes', () => {
    beforeEach(async () => {
      await serveFolder('hls-portrait');
      world.site.routes.set('/master.m3u8', PORTRAIT);
    });

    it('takes the size by the shorter side, and fetches only that one', async () => {
      const file = await fetchChoice('/master.m3u8', { videoQuality: 240 });
      expect(file.facts).toMatchObject({ width: 240, height: 426, audioCodec: 'aac' });
      expect(file.offered.map(({ height }) => height)).toEqual([214, 426]);
      expect(requested(/small\d/)).toEqual([]);
    });

    it('takes the audio out of a stream that has both', async () => {
      const file = await fetchChoice('/master.m3u8', { includeVideo: false });
      expect(file).toMatchObject({
        extension: 'm4a',
        contentType: 'audio/mp4',
        facts: { videoCodec: null, audioCodec: 'aac' },
      });
      expect(file.facts.durationSeconds).toBeCloseTo(6, 0);
    });
  });

  it('fetches only the chosen representation of DASH', async () => {
    await serveFolder('dash-sizes');
    const file = await fetchChoice('/manifest.mpd', { videoQuality: 'lowest', container: 'mkv' });
    expect(file).toMatchObject({ extension: 'mkv', facts: { width: 160, height: 120, audioCodec: 'aac' } });
    expect(requested(/stream0/)).toEqual([]);
    expect(requested(/stream1/)).not.toEqual([]);
  });

  it('fetches the audio alone where it is separate', async () => {
    await serveFolder('hls-groups');
    world.site.routes.set('/master.m3u8', GROUPS);
    const file = await fetchChoice('/master.m3u8', { includeVideo: false });
    expect(file).toMatchObject({ extension: 'm4a', facts: { videoCodec: null, audioCodec: 'aac' } });
    expect(requested(/\/v\d/)).toEqual([]);
  });

  it('takes what a selector of yt-dlp selects', async () => {
    await serveFolder('hls-portrait');
    world.site.routes.set('/master.m3u8', PORTRAIT);
    const file = await fetchChoice('/master.m3u8', { selector: 'b[height<300]/b' });
    expect(file.facts).toMatchObject({ height: 214 });
  });

  it.each(['b[height>999]', 'b['])('tells that %s selects nothing', async (selector) => {
    await serveFolder('hls-portrait');
    world.site.routes.set('/master.m3u8', PORTRAIT);
    const failure = await failureOf(fetchChoice('/master.m3u8', { selector }));
    expect(failure.code).toBe('format_not_available');
  });

  it('refuses a silent video when the audio is asked for', async () => {
    await servePage('video.mp4');
    expect((await failureOf(fetchChoice('/page', { includeVideo: false }))).code).toBe('no_audio_track');
  });

  it('ends a download whose file would be larger than the request allows', async () => {
    await servePage('start.mp4');
    let sentBytes = 0;
    world.site.routes.set('/start.mp4', (_, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4' });
      const chunk = Buffer.alloc(256 * 1024);
      chunk.write('ftypisom', 4);
      const send = (): void => {
        sentBytes += chunk.length;
        response.write(chunk, (error) => (error ? undefined : send()));
      };
      send();
    });
    const stops = { maxBytes: 1_000_000, maxBytesCode: 'max_cost_exceeded' } as const;
    expect((await failureOf(fetchChoice('/page', {}, stops))).code).toBe('max_cost_exceeded');
    expect(sentBytes).toBeLessThan(40_000_000);
  });
});
