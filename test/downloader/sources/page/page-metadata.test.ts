import { describe, expect, it } from 'vitest';
import type { HardStops, MediaChoice } from '../../../../worker/contract/choice/media-choice.ts';
import { SourceMetadata } from '../../../../worker/contract/downloader/metadata.ts';
import { toBasicMetadata, toMetadata } from '../../../../downloader/sources/page/page-metadata.ts';
import { readInfo } from '../../../../downloader/sources/page/ytdlp-info.ts';

const LIMITS = { maxBytes: 1e9, maxDurationSeconds: 3600 };
const INFO = { id: 'abc', title: ' A film ', duration: 100, uploader: 'Somebody' };
const AUDIO = {
  format_id: '140',
  protocol: 'https',
  url: 'https://cdn.example/a',
  vcodec: 'none',
  acodec: 'mp4a.40.2',
  ext: 'm4a',
  abr: 128,
  tbr: 128,
};
const VIDEO = {
  format_id: '137',
  protocol: 'https',
  url: 'https://cdn.example/v',
  acodec: 'none',
  vcodec: 'avc1.64',
  ext: 'mp4',
  width: 1920,
  height: 1080,
  filesize: 5e7,
};
const SMALL = { ...VIDEO, format_id: '134', width: 640, height: 360, filesize: 1e7 };
const FORMATS = [AUDIO, SMALL, VIDEO];

interface Asked {
  choice?: MediaChoice;
  stops?: HardStops;
  canMerge?: boolean;
  limits?: Partial<typeof LIMITS>;
}

/** What a report contains: the schema of the contract accepts it. */
function describeInfo(info: object, { choice = {}, stops = {}, canMerge = true, limits = {} }: Asked = {}) {
  const wish = { choice, limits: { ...LIMITS, ...limits, stops }, canMerge };
  return SourceMetadata.parse(toMetadata(readInfo(JSON.stringify({ ...INFO, ...info })), wish));
}

const estimateOf = (...asked: Parameters<typeof describeInfo>) => describeInfo(...asked).estimate!;
const verdictOf = (...asked: Parameters<typeof describeInfo>) =>
  estimateOf(...asked).refusal?.code ?? 'importable';

describe('the metadata of a page', () => {
  it('has title, duration, thumbnail, uploader, chapters and formats', () => {
    const chapters = [
      { title: 'One', start_time: 0, end_time: 50 },
      { start_time: 50 },
      { title: 'No start' },
      5,
    ];
    const metadata = describeInfo({ formats: FORMATS, thumbnail: 'https://img.example/1.jpg', chapters });
    expect(metadata).toMatchObject({
      title: 'A film',
      durationSeconds: 100,
      thumbnail: 'https://img.example/1.jpg',
      uploader: 'Somebody',
      sourceId: 'abc',
      chapters: [
        { title: 'One', startSeconds: 0, endSeconds: 50 },
        { title: '', startSeconds: 50, endSeconds: null },
      ],
    });
    expect(metadata.formats.map(({ id, sizeBytes }) => [id, sizeBytes])).toEqual([
      ['140', null],
      ['134', 1e7],
      ['137', 5e7],
    ]);
  });

  it.each([
    ['javascript:alert(1)'],
    ['file:///etc/passwd'],
    ['//img.example/1.jpg'],
    [`https://img.example/${'x'.repeat(3000)}`],
    [5],
    [null],
  ])('has no thumbnail for %j', (thumbnail) => {
    expect(describeInfo({ formats: FORMATS, thumbnail }).thumbnail).toBeNull();
  });

  it('is on one line, and cut to its limits, whatever a site writes', () => {
    const chapters = Array.from({ length: 5000 }, (_, index) => ({
      title: 'x\u202e'.repeat(500),
      start_time: index,
    }));
    const formats = Array.from({ length: 5000 }, (_, index) => ({
      ...SMALL,
      format_id: `${index}`.padEnd(500, 'x'),
    }));
    const metadata = describeInfo({
      title: 'a\r\nSet-Cookie: b\u0000'.repeat(300),
      uploader: '\u202egpj'.repeat(900),
      chapters,
      formats,
    });
    expect(metadata.title.length).toBeLessThanOrEqual(1000);
    expect(`${metadata.title}${metadata.uploader}${metadata.chapters[0]?.title}`).not.toMatch(
      /[\r\n\0\u202e]/,
    );
    expect(metadata.chapters).toHaveLength(200);
    expect(metadata.formats).toHaveLength(300);
    expect(JSON.stringify(metadata).length).toBeLessThan(400_000);
  });

  it('of a page with one file has this format', () => {
    const metadata = describeInfo({
      url: 'https://cdn.example/v',
      protocol: 'https',
      ext: 'mp4',
      format_id: '0',
    });
    expect(metadata.formats).toMatchObject([{ id: '0', extension: 'mp4', hasVideo: true, hasAudio: true }]);
    expect(metadata.estimate).toMatchObject({ formatIds: ['0'], refusal: null });
  });

  it('has neither formats nor chapters when it is basic', () => {
    const info = readInfo(JSON.stringify({ ...INFO, formats: FORMATS, chapters: [{ start_time: 0 }] }));
    expect(SourceMetadata.parse(toBasicMetadata(info))).toMatchObject({
      title: 'A film',
      durationSeconds: 100,
      chapters: [],
      formats: [],
      estimate: null,
    });
  });

  it.each([0, -5, null, undefined])('has no duration for %j', (duration) => {
    expect(describeInfo({ formats: FORMATS, duration }).durationSeconds).toBeNull();
  });
});

describe('the estimate of an import', () => {
  it('names video and audio that would be merged, and adds their sizes', () => {
    // 128 kbit/s for 100 s.
    expect(estimateOf({ formats: FORMATS })).toEqual({
      formatIds: ['137', '140'],
      bytes: 5e7 + 1.6e6,
      isExact: false,
      refusal: null,
    });
  });

  it('follows the choice of the request', () => {
    expect(estimateOf({ formats: FORMATS }, { choice: { videoQuality: 360, includeAudio: false } })).toEqual({
      formatIds: ['134'],
      bytes: 1e7,
      isExact: true,
      refusal: null,
    });
  });

  it('of converted audio follows from the rate of the encoder', () => {
    const choice = { audioFormat: 'mp3', audioQuality: 'medium' } as const;
    expect(estimateOf({ formats: FORMATS }, { choice })).toMatchObject({ formatIds: ['140'], bytes: 1.6e6 });
    expect(estimateOf({ formats: FORMATS }, { choice: { audioFormat: 'flac' } }).bytes).toBeNull();
  });

  it('has no size when neither size nor rate is known', () => {
    const { tbr: _, abr: _rate, ...unknown } = AUDIO;
    expect(estimateOf({ formats: [unknown] })).toMatchObject({ bytes: null, isExact: false, refusal: null });
  });

  it.each<[string, object, Asked]>([
    ['importable', {}, {}],
    ['live_stream', { is_live: true }, {}],
    ['not_started', { live_status: 'is_upcoming', formats: [] }, {}],
    ['source_too_long', { duration: 3601 }, {}],
    ['max_duration_exceeded', {}, { stops: { maxDurationSeconds: 99 } }],
    ['source_too_large', {}, { limits: { maxBytes: 4e7 } }],
    ['max_cost_exceeded', {}, { stops: { maxBytes: 4e7, maxBytesCode: 'max_cost_exceeded' } }],
    ['importable', {}, { stops: { maxBytes: 4e7 }, choice: { videoQuality: 360 } }],
    ['drm_protected', { formats: [{ ...VIDEO, has_drm: true }] }, {}],
    ['drm_protected', { formats: [], _has_drm: true }, {}],
    ['private_media', { formats: [], availability: 'private' }, {}],
    ['members_only', { formats: [], availability: 'subscriber_only' }, {}],
    ['login_required', { formats: [], availability: 'needs_auth' }, {}],
    ['importable', { availability: 'unlisted' }, {}],
    ['no_media', { formats: [] }, {}],
    ['no_audio_track', { formats: [VIDEO] }, { choice: { includeVideo: false } }],
    ['format_not_available', { formats: FORMATS }, { choice: { selector: '999' } }],
    ['merger_unavailable', {}, { canMerge: false }],
  ])('says %s for %j', (code, info, asked) => {
    expect(verdictOf({ formats: FORMATS, ...info }, asked)).toBe(code);
  });

  it('is given beside the formats of a live stream', () => {
    const { formats, estimate } = describeInfo({ formats: FORMATS, is_live: true, duration: null });
    expect(formats).toHaveLength(3);
    expect(estimate).toMatchObject({ formatIds: ['137', '140'], refusal: { code: 'live_stream' } });
  });
});
