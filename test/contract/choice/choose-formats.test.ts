import { expect, describe, it } from 'vitest';
import { chooseFormats } from '../../../worker/contract/choice/choose-formats.ts';
import type { MediaChoice } from '../../../worker/contract/choice/media-choice.ts';
import type { MediaFormat } from '../../../worker/contract/choice/media-format.ts';
import { formatsOf } from './lists.ts';

/** The names of the chosen formats, or the code of the refusal. */
function choose(formats: MediaFormat[] | string, choice: MediaChoice, canMerge = true): string {
  const list = typeof formats === 'string' ? formatsOf(formats) : formats;
  const result = chooseFormats(list, choice, canMerge);
  return result.kind === 'chosen' ? result.formats.map(({ id }) => id).join('+') : result.code;
}

const p = (videoQuality: number | 'lowest' | 'best'): MediaChoice => ({ videoQuality });

describe('the quality of video', () => {
  it.each([
    // The size that was asked for, in the order of the site.
    ['youtube', p(720), '22'],
    ['youtube', p(480), '244+251'],
    ['youtube', p('lowest'), '278+251'],
    ['youtube', p('best'), '22'],
    // The nearest smaller size; where all are larger, the smallest.
    ['youtube', p(2160), '22'],
    ['vimeo', p(144), 'hls-fastly_skyfire-1136+hls-fastly_skyfire-audio-high-audio'],
    ['vimeo', p(1440), 'hls-fastly_skyfire-12074+hls-fastly_skyfire-audio-high-audio'],
    ['reddit', p(1080), 'dash-video_741765+dash-audio_0_131791'],
    ['bilibili', p(480), '4+2'],
    ['bilibili', p(240), '3+2'],
    ['ted', p(480), 'hls-1693'],
    ['ted', p(360), 'hls-1255'],
    ['ted', p('lowest'), 'hls-163'],
    ['twitch', p(720), '360p'],
    ['twitter', p(360), 'hls-261+hls-audio-128000-Audio'],
    // Formats whose size the site does not state count only if no size is known.
    ['facebook', p(720), '289697950748388v+696112125671522a'],
    // Sizes that an encoder rounds up: 112 lines are below 144p, 184 below 240p.
    ['dailymotion', p(144), 'http-144-1'],
    ['dailymotion', p(240), 'http-240-1'],
  ])('of %s for %o is %s', (site, choice, expected) => {
    expect(choose(site, choice)).toBe(expected);
  });

  it.each([
    ['instagram', p(720), 'dash-lp-pst-v+dash-lp-hd-a'],
    ['instagram', p(480), 'dash-lp-hd-v+dash-lp-hd-a'],
    ['twitter-portrait', p(720), 'http-2176'],
    ['twitter-portrait', p(480), 'http-950'],
    ['tiktok', p(576), 'bytevc1_540p_106773-0'],
    ['youtube-portrait', p(1080), '138+141'],
    ['youtube-portrait', p(720), '137+141'],
    ['youtube-portrait', p(480), '136+141'],
  ])('of a portrait video (%s) is judged by the shorter side: %o is %s', (site, choice, expected) => {
    expect(choose(site, choice)).toBe(expected);
  });

  it('prefers a video without a watermark, even if a watermarked one is nearer to the quality', () => {
    const formats = formatsOf('tiktok').map((format) =>
      format.isLastResort ? { ...format, width: 720, height: 1280 } : format,
    );
    expect(choose(formats, p(720))).toBe('bytevc1_540p_106773-0');
    expect(choose(formats.slice(0, 1), p(720))).toBe('download_addr');
  });

  it('is found among more formats than a page should list', () => {
    const [first] = formatsOf('ted').slice(-1);
    const formats = Array.from({ length: 300_000 }, (_, index) => ({
      ...first!,
      id: `${index}`,
      height: index + 1,
      width: 9e9,
    }));
    expect(choose(formats, p(720))).toBe('733');
    expect(choose(formats, p('lowest'))).toBe('0');
  });

  it('counts 1088 lines as 1080p', () => {
    const [first] = formatsOf('ted').slice(-1);
    const formats = [
      { ...first!, id: 'small', height: 720 },
      { ...first!, id: 'hd', width: 1920, height: 1088 },
    ];
    expect(choose(formats, p(1080))).toBe('hd');
  });
});

describe('audio', () => {
  const audio = (more: MediaChoice = {}): MediaChoice => ({ includeVideo: false, ...more });

  it.each([
    ['youtube', audio(), '251'],
    ['youtube', audio({ audioQuality: 'lowest' }), '249'],
    ['youtube', audio({ audioQuality: 'low' }), '249'],
    ['youtube', audio({ audioQuality: 'medium' }), '140'],
    ['youtube', audio({ audioQuality: 'high' }), '251'],
    ['bilibili', audio({ audioQuality: 'high' }), '1'],
    ['soundcloud', audio(), 'http_aac_256'],
    ['soundcloud', audio({ audioQuality: 'medium' }), 'http_mp3_128'],
    ['soundcloud', audio({ audioQuality: 'low' }), 'hls_opus_64'],
    ['twitter', audio({ audioQuality: 'low' }), 'hls-audio-64000-Audio'],
    ['twitch', audio(), 'Audio_Only'],
    // Formats with both tracks serve when none has audio alone.
    ['dailymotion', audio(), 'http-240-1'],
    ['tiktok', audio(), 'bytevc1_540p_106773-0'],
  ])('alone of %s for %o is %s', (site, choice, expected) => {
    expect(choose(site, choice)).toBe(expected);
  });

  it('comes with the least video when formats with the same audio differ in it', () => {
    const formats = formatsOf('dailymotion').map((format) => ({ ...format, audioBitsPerSecond: 64_000 }));
    expect(choose(formats, audio())).toBe('hls-144-0');
  });

  it('is converted as little as possible: formats of the asked codec come first', () => {
    expect(choose('youtube', { audioFormat: 'm4a' })).toBe('140');
    expect(choose('youtube', { audioFormat: 'opus' })).toBe('251');
    expect(choose('youtube', { audioFormat: 'mp3' })).toBe('251');
    expect(choose('soundcloud', { audioFormat: 'mp3' })).toBe('http_mp3_128');
    expect(choose('soundcloud', { audioFormat: 'opus' })).toBe('hls_opus_64');
  });

  it('of another language is not taken for a nearer quality', () => {
    const [low] = formatsOf('youtube');
    const dubbed = { ...low!, id: 'dubbed', bitsPerSecond: 128_000, languagePreference: -10 };
    const original = { ...low!, id: 'original', bitsPerSecond: 160_000, languagePreference: 10 };
    expect(choose([dubbed, original], audio({ audioQuality: 'medium' }))).toBe('original');
  });

  it('of a chosen quality is taken beside a video without audio of the same size', () => {
    expect(choose('youtube', { videoQuality: 720, audioQuality: 'medium' })).toBe('298+140');
    expect(choose('youtube', { videoQuality: 360, audioCodecs: ['opus'] })).toBe('134+251');
  });
});

describe('tracks', () => {
  it('are refused when the source has none of the only kind that is asked for', () => {
    const silent = formatsOf('youtube').filter(({ hasAudio }) => !hasAudio);
    expect(choose(silent, { includeVideo: false })).toBe('no_audio_track');
    expect(choose(silent, { audioFormat: 'mp3' })).toBe('no_audio_track');
    expect(choose('soundcloud', { includeAudio: false })).toBe('no_video_track');
    expect(choose([], {})).toBe('no_media');
    expect(choose(formatsOf('twitch').slice(0, 0), { includeVideo: true })).toBe('no_media');
  });

  it('are what the source has when both are asked for', () => {
    const silent = formatsOf('bilibili').filter(({ hasAudio }) => !hasAudio);
    expect(choose(silent, { includeVideo: true, includeAudio: true })).toBe('6');
    expect(choose('soundcloud', { includeVideo: true, includeAudio: true })).toBe('http_aac_256');
  });

  it('are video alone, and only then a format that also has audio', () => {
    expect(choose('youtube', { includeAudio: false, videoQuality: 720 })).toBe('298');
    expect(choose('ted', { includeAudio: false, videoQuality: 480 })).toBe('hls-1693');
  });

  it('come in one format when two cannot be merged', () => {
    expect(choose('youtube', { videoQuality: 480 }, false)).toBe('18');
    expect(choose('youtube', {}, false)).toBe('22');
    expect(choose('bilibili', {}, false)).toBe('6+2');
    expect(choose('youtube', { includeAudio: false, videoQuality: 360 }, false)).toBe('134');
  });
});

describe('container and codecs', () => {
  it.each([
    ['youtube', { container: 'webm', videoQuality: 720 }, '302+251'],
    ['youtube', { container: 'mp4', videoQuality: 480 }, '244+140'],
    ['youtube', { videoCodecs: ['vp9'], videoQuality: 720 }, '302+251'],
    ['youtube', { videoCodecs: ['av1', 'avc'], videoQuality: 480 }, '135+251'],
    ['youtube', { audioCodecs: ['aac'], videoQuality: 480 }, '244+140'],
    ['youtube', { container: 'mp4', includeVideo: false }, '140'],
    ['youtube', { container: 'webm', includeVideo: false }, '251'],
    ['tiktok', { videoCodecs: ['avc'] }, 'h264_540p_185289-2'],
    ['tiktok', { videoCodecs: ['hevc', 'avc'] }, 'bytevc1_540p_106773-0'],
    // What the site does not have is not refused.
    ['ted', { videoCodecs: ['av1'], container: 'webm', videoQuality: 480 }, 'hls-1693'],
    ['twitter-portrait', { container: 'mp4' }, 'http-2176'],
  ] as const)('%s for %o is %s', (site, choice, expected) => {
    expect(choose(site, { ...choice } as MediaChoice)).toBe(expected);
  });
});
