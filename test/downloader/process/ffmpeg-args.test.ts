import { describe, expect, it } from 'vitest';
import { checkArgs, muxArgs } from '../../../downloader/process/ffmpeg-args.ts';
import { chooseAudioMuxer, chooseMuxer } from '../../../downloader/sources/files/muxers.ts';

const GENERAL = [
  ['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1'],
  ['-max_alloc', '536870912'],
].flat();
const MERGE = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,aac,mp3,ogg,flac,wav,flv';
const input = (path: string, demuxers = MERGE) =>
  [
    ['-format_whitelist', demuxers, '-protocol_whitelist', 'file,pipe'],
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
    const inputs = ['/job/v', '/job/a'].map((path) => ({ path, demuxer: null }));
    const maps = ['0:v:0', '1:a:0'];
    const args = muxArgs({ inputs, output: '/job/out', muxer: 'mp4', maps, encoder: null });
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
    const inputs = [{ path: '/job/v', demuxer: 'mpegts' }];
    const maps = ['0:v?', '0:a?'];
    const args = muxArgs({ inputs, output: '/job/out', muxer: 'matroska', maps, encoder: null });
    expect(args).toEqual(
      [
        ...GENERAL,
        ['-loglevel', 'error', ...input('/job/v')],
        ['-map', '0:v?', '-map', '0:a?', '-c', 'copy', '-map_metadata', '-1'],
        ['-f', 'matroska', 'file:/job/out'],
      ].flat(),
    );
  });

  it('convert the audio of a file, whose demuxer is allowed too', () => {
    const args = muxArgs({
      inputs: [{ path: '/job/v', demuxer: 'avi' }],
      output: '/job/out',
      muxer: 'mp3',
      maps: ['0:a:0'],
      encoder: { name: 'libmp3lame', bitsPerSecond: 128_000 },
    });
    expect(args).toEqual(
      [
        ...GENERAL,
        ['-loglevel', 'error', ...input('/job/v', `${MERGE},avi`)],
        ['-map', '0:a:0', '-c:a', 'libmp3lame', '-b:a', '128000', '-map_metadata', '-1'],
        ['-f', 'mp3', 'file:/job/out'],
      ].flat(),
    );
  });

  it('write a header that is right for a WAV file of any size', () => {
    const inputs = [{ path: '/job/a', demuxer: null }];
    const encoder = { name: 'pcm_s16le', bitsPerSecond: null } as const;
    const args = muxArgs({ inputs, output: '/job/out', muxer: 'wav', maps: ['0:a:0'], encoder });
    expect(args.slice(-8)).toEqual(
      [
        ['-c:a', 'pcm_s16le', '-map_metadata', '-1'],
        ['-rf64', 'auto', '-f', 'wav', 'file:/job/out'],
      ]
        .flat()
        .slice(-8),
    );
  });
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
  ] as const)('of %s and %s is %s', (video, audio, muxer) => {
    expect(chooseMuxer([video, audio])).toBe(muxer);
  });

  it.each([
    ['aac', 'mp4'],
    ['opus', 'webm'],
    ['mp3', 'mp3'],
    ['flac', 'flac'],
    ['pcm-s16', 'matroska'],
  ] as const)('of %s alone is %s', (codec, muxer) => {
    expect(chooseAudioMuxer(codec)).toBe(muxer);
  });
});
