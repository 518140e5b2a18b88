import { describe, expect, it } from 'vitest';
import type { JobFailure } from '../../../../downloader/job-failure.ts';
import type { HardStops, MediaChoice } from '../../../../worker/contract/choice/media-choice.ts';
import { parseInfo } from '../../../../downloader/sources/page/ytdlp-info.ts';

const LIMITS = { maxBytes: 1000, maxDurationSeconds: 60 };
const FORMAT = { format_id: 'b', url: 'https://cdn.example/v', protocol: 'https' };
const INFO = { id: 'abc', title: ' A film ', extractor: 'generic', url: FORMAT.url, protocol: 'https' };

const parse = (info: unknown, choice: MediaChoice = {}, stops: HardStops = {}) =>
  parseInfo(JSON.stringify(info), { choice, limits: { ...LIMITS, stops }, canMerge: true });

function codeOf(...asked: Parameters<typeof parse>): string {
  try {
    parse(...asked);
  } catch (error) {
    return (error as JobFailure).failure.code;
  }
  return 'none';
}

describe('the information of a page', () => {
  it('is cut down to the one format, under a name of ours', () => {
    const formats = [{ ...FORMAT, format_id: 'x' }, { format_id: 'rtmp', protocol: 'rtmp' }, FORMAT];
    const resolved = parse({ ...INFO, format_id: 'b', formats, _filename: '../../etc/x', subtitles: {} });
    expect(resolved).toMatchObject({ title: 'A film', extractor: 'generic', isSegmented: false });
    expect(resolved.offered).toHaveLength(2);
    expect(JSON.parse(resolved.infoJson)).toEqual({
      _type: 'video',
      id: 'media',
      title: 'media',
      extractor: 'generic',
      is_live: false,
      formats: [{ ...FORMAT, format_id: 'p0' }],
    });
  });

  it('names video and audio p0 and p1, whatever a manifest calls them', () => {
    const video = { ...FORMAT, format_id: '1,all[x]/2', protocol: 'm3u8_native' };
    const formats = [
      { ...FORMAT, vcodec: 'none' },
      { ...video, acodec: 'none' },
    ];
    const resolved = parse({ ...INFO, formats });
    expect(resolved.chosen).toHaveLength(2);
    expect(resolved.isSegmented).toBe(true);
    expect(JSON.parse(resolved.infoJson).formats.map((f: typeof FORMAT) => f.format_id)).toEqual([
      'p0',
      'p1',
    ]);
  });

  it('takes a page that has no formats but a URL', () => {
    expect(JSON.parse(parse(INFO).infoJson).formats).toEqual([
      { format_id: 'p0', url: FORMAT.url, protocol: 'https' },
    ]);
  });

  it('takes the first item of a list', () => {
    expect(parse({ _type: 'playlist', id: 'l', entries: [null, INFO, { id: 'z' }] }).title).toBe('A film');
  });

  it('takes the id for a missing title, and hides a strange extractor', () => {
    const resolved = parse({ ...INFO, title: null, extractor: 'a\nb' });
    expect(resolved).toMatchObject({ title: 'abc', extractor: 'an extractor' });
  });

  it.each([
    ['an empty list', { _type: 'playlist', entries: [] }, 'no_media'],
    ['null', null, 'resolver_failed'],
    ['a number', 5, 'resolver_failed'],
    ['no id', { title: 'x' }, 'resolver_failed'],
    ['no URL', { id: 'x' }, 'no_media'],
    ['a size that is text', { ...INFO, filesize: '1' }, 'resolver_failed'],
    ['a live stream', { ...INFO, is_live: true }, 'live_stream'],
    ['a premiere', { ...INFO, live_status: 'is_upcoming' }, 'not_started'],
    ['too long', { ...INFO, duration: 61 }, 'source_too_long'],
    ['too large', { ...INFO, filesize: 1001 }, 'source_too_large'],
    ['protected', { ...INFO, has_drm: true }, 'drm_protected'],
    ['another protocol', { ...INFO, protocol: 'rtmp' }, 'download_failed'],
    ['no protocol', { ...INFO, protocol: undefined }, 'download_failed'],
  ] as const)('refuses %s', (_, info, code) => {
    expect(codeOf(info)).toBe(code);
  });

  it('refuses input that is not JSON', () => {
    expect(() => parseInfo('Traceback', { choice: {}, limits: LIMITS, canMerge: true })).toThrow(
      'resolver_failed',
    );
  });

  const AUDIO = { ...FORMAT, format_id: 'a', vcodec: 'none', filesize: 300 };
  const VIDEO = { ...FORMAT, format_id: 'v', acodec: 'none', filesize: 600 };
  const WHOLE = { ...FORMAT, format_id: 'w', vcodec: 'avc1', acodec: 'mp4a.40.2', filesize: 900 };

  it.each([
    ['the video when a song is asked for one', [AUDIO], { includeAudio: false }, {}, 'no_video_track'],
    ['the audio of a silent video', [VIDEO], { includeVideo: false }, {}, 'no_audio_track'],
    ['more bytes than the request allows', [AUDIO, VIDEO], {}, { maxBytes: 899 }, 'max_bytes_exceeded'],
    ['a higher cost', [WHOLE], {}, { maxBytes: 1, maxBytesCode: 'max_cost_exceeded' }, 'max_cost_exceeded'],
    ['a longer duration', [WHOLE], {}, { maxDurationSeconds: 49.5 }, 'max_duration_exceeded'],
    // A track that is not stored does not count.
    ['no', [WHOLE], { includeVideo: false }, { maxBytes: 500 }, 'none'],
    ['no', [WHOLE], { audioFormat: 'mp3' }, { maxBytes: 500 }, 'none'],
    ['no', [AUDIO, VIDEO], {}, { maxBytes: 900, maxDurationSeconds: 50 }, 'none'],
  ] as const)('refuses %s', (_, formats, choice, stops, code) => {
    expect(codeOf({ ...INFO, duration: 50, formats }, choice, stops)).toBe(code);
  });

  it('of a request with a selector is what yt-dlp selected', () => {
    const formats = [AUDIO, VIDEO, WHOLE];
    const choice = { selector: 'v+a' };
    const selected = parse({ ...INFO, formats, requested_formats: [VIDEO, AUDIO] }, choice);
    expect(selected.chosen.map(({ sizeBytes }) => sizeBytes)).toEqual([600, 300]);
    expect(parse({ ...INFO, formats, format_id: 'w' }, choice).chosen).toMatchObject([{ sizeBytes: 900 }]);
    expect(codeOf({ ...INFO, formats, requested_formats: [VIDEO, AUDIO, WHOLE] }, choice)).toBe(
      'format_not_available',
    );
  });
});
