import { describe, expect, it } from 'vitest';
import type { JobFailure } from '../../../../downloader/job-failure.ts';
import { parseInfo } from '../../../../downloader/sources/page/ytdlp-info.ts';

const LIMITS = { maxBytes: 1000, maxDurationSeconds: 60 };
const FORMAT = { format_id: 'b', url: 'https://cdn.example/v', protocol: 'https' };
const INFO = { id: 'abc', title: ' A film ', extractor: 'generic', url: FORMAT.url, protocol: 'https' };

const parse = (info: unknown) => parseInfo(JSON.stringify(info), LIMITS);

function codeOf(info: unknown): string {
  try {
    parse(info);
  } catch (error) {
    return (error as JobFailure).failure.code;
  }
  return 'none';
}

describe('the information of a page', () => {
  it('is cut down to the one format, under a name of ours', () => {
    const formats = [{ format_id: 'x' }, FORMAT];
    const resolved = parse({ ...INFO, format_id: 'b', formats, _filename: '../../etc/x', subtitles: {} });
    expect(resolved).toMatchObject({ title: 'A film', extractor: 'generic', count: 1, isSegmented: false });
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
    const resolved = parse({ ...INFO, requested_formats: [video, FORMAT] });
    expect(resolved).toMatchObject({ count: 2, isSegmented: true });
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
    ['a live stream', { ...INFO, is_live: true }, 'live_stream'],
    ['a premiere', { ...INFO, live_status: 'is_upcoming' }, 'not_started'],
    ['too long', { ...INFO, duration: 61 }, 'source_too_long'],
    ['too large', { ...INFO, filesize: 1001 }, 'source_too_large'],
    ['protected', { ...INFO, has_drm: true }, 'drm_protected'],
    ['another protocol', { ...INFO, protocol: 'rtmp' }, 'download_failed'],
    ['no protocol', { ...INFO, protocol: undefined }, 'download_failed'],
    ['three streams', { ...INFO, requested_formats: [FORMAT, FORMAT, FORMAT] }, 'download_failed'],
  ] as const)('refuses %s', (_, info, code) => {
    expect(codeOf(info)).toBe(code);
  });

  it('refuses input that is not JSON', () => {
    expect(() => parseInfo('Traceback', LIMITS)).toThrow('resolver_failed');
  });
});
