import { describe, expect, it } from 'vitest';
import { checkArgs, mergeArgs } from '../../../downloader/process/ffmpeg-args.ts';
import { chooseMuxer } from '../../../downloader/sources/page/muxers.ts';

const GENERAL = [
  ['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1'],
  ['-max_alloc', '536870912'],
].flat();
const MERGE = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,aac,mp3,ogg,flac,wav,flv';
const input = (path: string) =>
  [
    ['-format_whitelist', MERGE, '-protocol_whitelist', 'file,pipe'],
    ['-i', `file:${path}`],
  ].flat();

describe('the arguments of ffmpeg', () => {
  it('check a stream by one demuxer, from stdin alone', () => {
    expect(checkArgs('avi')).toEqual(
      [
        ...GENERAL,
        ['-loglevel', 'info', '-format_whitelist', 'avi', '-protocol_whitelist', 'pipe', '-i', 'pipe:0'],
        ['-map', '0:v?', '-map', '0:a?', '-c', 'copy', '-f', 'null', '-'],
      ].flat(),
    );
  });

  it('merge video and audio, each input with its lists in front', () => {
    const args = mergeArgs({ inputs: ['/job/v', '/job/a'], output: '/job/out', muxer: 'mp4' });
    expect(args).toEqual(
      [
        ...GENERAL,
        ['-loglevel', 'error', ...input('/job/v'), ...input('/job/a')],
        ['-map', '0:v:0', '-map', '1:a:0', '-c', 'copy', '-map_metadata', '-1'],
        ['-movflags', '+faststart', '-f', 'mp4', 'file:/job/out'],
      ].flat(),
    );
  });

  it('repackage one file with all its streams', () => {
    const args = mergeArgs({ inputs: ['/job/v'], output: '/job/out', muxer: 'matroska' });
    expect(args).toEqual(
      [
        ...GENERAL,
        ['-loglevel', 'error', ...input('/job/v')],
        ['-map', '0:v?', '-map', '0:a?', '-c', 'copy', '-map_metadata', '-1'],
        ['-f', 'matroska', 'file:/job/out'],
      ].flat(),
    );
  });
});

const facts = (videoCodec: string | null, audioCodec: string | null) => ({
  container: 'x',
  durationSeconds: 1,
  width: null,
  height: null,
  videoCodec,
  audioCodec,
});

describe('the container of a merge', () => {
  it.each([
    ['avc', 'aac', 'mp4'],
    ['hevc', 'ac3', 'mp4'],
    ['avc', 'opus', 'mp4'],
    ['av1', 'aac', 'mp4'],
    ['vp9', 'aac', 'mp4'],
    ['vp9', 'opus', 'webm'],
    ['av1', 'opus', 'webm'],
    ['vp8', 'vorbis', 'webm'],
    ['vp8', 'aac', 'matroska'],
    ['avc', 'flac', 'matroska'],
    ['unknown', 'aac', 'matroska'],
    [null, 'aac', 'mp4'],
    [null, 'opus', 'webm'],
  ] as const)('of %s and %s is %s', (video, audio, muxer) => {
    expect(chooseMuxer([facts(video, null), facts(null, audio)])).toBe(muxer);
    expect(chooseMuxer([facts(video, audio)])).toBe(muxer);
  });
});
