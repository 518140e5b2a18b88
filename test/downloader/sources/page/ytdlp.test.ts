import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobContext } from '../../../../downloader/job-context.ts';
import { sniff } from '../../../../downloader/media/sniff.ts';
import { fetchWithYtdlp } from '../../../../downloader/sources/page/ytdlp.ts';
import { parseEgressAllow } from '../../../../worker/contract/address-policy.ts';
import { copyMediaFolder, mediaBytes } from '../../../support/media-files.ts';
import { mediaTools } from '../../../support/media-tools.ts';
import { failureOf, fetchPath, jobFor, useWorld } from './world.ts';

const tools = await mediaTools();
const ffmpeg = tools.ffmpeg ?? '';
const world = useWorld();

describe.skipIf(!tools.ytdlpDirectory || !tools.ffmpeg)('with yt-dlp and ffmpeg', () => {
  it('imports an HLS playlist as one MP4', async () => {
    await copyMediaFolder(ffmpeg, 'hls', join(world.base, 'site'));
    const file = await fetchPath(world, tools, '/index.m3u8');
    expect(file).toMatchObject({
      extension: 'mp4',
      contentType: 'video/mp4',
      facts: { container: 'mp4', width: 320, height: 240, videoCodec: 'avc', audioCodec: 'aac' },
      taken: { way: 'ytdlp' },
    });
    expect(file.facts.durationSeconds).toBeCloseTo(6, 0);
    expect((await readFile(file.path)).length).toBe(file.sizeBytes);
  });

  it('imports fragmented HLS as one MP4 with its duration in the header', async () => {
    await copyMediaFolder(ffmpeg, 'hls-fmp4', join(world.base, 'site'));
    const file = await fetchPath(world, tools, '/index.m3u8');
    expect(file.facts).toMatchObject({ container: 'mp4', videoCodec: 'avc', audioCodec: 'aac' });
    expect(file.facts.durationSeconds).toBeCloseTo(6, 0);
  });

  it('imports the file that a page names in og:video', async () => {
    await writeFile(join(world.base, 'site', 'movie.mp4'), await mediaBytes(ffmpeg, 'start.mp4'));
    const page = `<html><head><title>A page</title><meta property="og:title" content="The film">
      <meta property="og:video" content="${world.site.url}/movie.mp4"></head></html>`;
    world.site.routes.set('/page', page);
    const file = await fetchPath(world, tools, '/page');
    const original = await readFile(join(world.base, 'site', 'movie.mp4'));
    expect((await readFile(file.path)).equals(original)).toBe(true);
    expect(file).toMatchObject({ title: 'The film', extension: 'mp4', sizeBytes: original.length });
  });

  it('imports a media file that is served directly', async () => {
    await writeFile(join(world.base, 'site', 'movie.webm'), await mediaBytes(ffmpeg, 'movie.webm'));
    const file = await fetchPath(world, tools, '/movie.webm');
    expect(file).toMatchObject({ extension: 'webm', contentType: 'video/webm', title: 'movie' });
  });

  it('merges the video and the audio of a page', async () => {
    await copyMediaFolder(ffmpeg, 'hls-groups', join(world.base, 'site'));
    world.site.routes.set('/master.m3u8', MASTER);
    world.site.routes.set(
      '/watch',
      `<html><title>Two streams</title><video src="/master.m3u8"></video></html>`,
    );
    const file = await fetchPath(world, tools, '/watch');
    expect(file).toMatchObject({ extension: 'mp4', facts: { videoCodec: 'avc', audioCodec: 'aac' } });
    expect(file.facts.durationSeconds).toBeCloseTo(6, 0);
    expect(file.title).toContain('Two streams');
  });

  it('merges the representations of a DASH manifest', async () => {
    await copyMediaFolder(ffmpeg, 'dash', join(world.base, 'site'));
    const file = await fetchPath(world, tools, '/manifest.mpd');
    expect(file).toMatchObject({ extension: 'mp4', facts: { videoCodec: 'avc', audioCodec: 'aac' } });
  });

  it('keeps stage and bytes up to date', async () => {
    await copyMediaFolder(ffmpeg, 'hls-groups', join(world.base, 'site'));
    world.site.routes.set('/master.m3u8', MASTER);
    const job: JobContext = jobFor(world, `/master.m3u8`);
    const stages: string[] = [];
    const progress = job.progress;
    let { stage } = progress;
    Object.defineProperty(progress, 'stage', {
      get: () => stage,
      set: (value: typeof stage) => {
        stage = value;
        stages.push(`${value} ${progress.bytesDone > 0 ? 'after bytes' : 'from 0'}`);
      },
    });
    await fetchWithYtdlp(job, { tools, allow: parseEgressAllow('source:127.0.0.1') });
    expect(stages).toEqual([
      'resolving from 0',
      'downloading after bytes',
      'merging after bytes',
      expect.stringMatching(/^verifying/),
    ]);
  });

  it('ends its children when the job is aborted', async () => {
    let started = (): void => {};
    const asked = new Promise<void>((resolve) => (started = resolve));
    world.site.routes.set('/slow', () => started());
    const controller = new AbortController();
    const fetching = fetchWithYtdlp(jobFor(world, `/slow`, {}, { signal: controller.signal }), {
      tools,
      allow: parseEgressAllow('source:127.0.0.1'),
    });
    await asked;
    controller.abort(new Error('stop'));
    await expect(fetching).rejects.toThrow('stop');
  });
});

describe.skipIf(!tools.ytdlpDirectory || !tools.ffmpeg)('without ffmpeg', () => {
  it('takes one file with both streams without ffmpeg, and reports that two need it', async () => {
    await copyMediaFolder(ffmpeg, 'hls-groups', join(world.base, 'site'));
    await copyMediaFolder(ffmpeg, 'hls', join(world.base, 'site'));
    world.site.routes.set('/master.m3u8', MASTER);
    const allow = parseEgressAllow('source:127.0.0.1');
    const without = { tools: { ...tools, ffmpeg: null }, allow };
    const file = await fetchWithYtdlp(jobFor(world, `/index.m3u8`), without);
    expect(file).toMatchObject({ extension: 'ts', contentType: 'video/mp2t' });
    expect((await sniff((await readFile(file.path)).subarray(0, 4100))).container).toBe('mpegts');
    const failure = await failureOf(fetchWithYtdlp(jobFor(world, `/master.m3u8`), without));
    expect(failure.code).toBe('merger_unavailable');
  });
});

it('reports that pages need yt-dlp when it is not installed', async () => {
  const without = { ...tools, python: null, ytdlpDirectory: null };
  const failure = await failureOf(fetchWithYtdlp(jobFor(world, '/'), { tools: without, allow: [] }));
  expect(failure.code).toBe('resolver_unavailable');
});

const MASTER = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="main",DEFAULT=YES,URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=320x240,CODECS="avc1.42c00d,mp4a.40.2",AUDIO="sound"
video.m3u8
`;
