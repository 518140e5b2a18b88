import { describe, expect, it } from 'vitest';
import { parseInfo } from '../../../downloader/sources/ytdlp-info.ts';
import { LIMITS } from './world.ts';

const VIDEO = {
  id: 'dQw4w9WgXcQ',
  title: 'Rick Astley - Never Gonna Give You Up',
  extractor: 'youtube',
  url: 'https://media.example.com/video.mp4',
  protocol: 'https',
};
const originOf = (info: object) => parseInfo(JSON.stringify({ ...VIDEO, ...info }), LIMITS).origin;

describe('where an item comes from', () => {
  it.each<[string, object, string | null]>([
    ['its uploader', { uploader: 'Rick Astley', channel: 'RickAstleyVEVO' }, 'Rick Astley'],
    ['its channel when no uploader is named', { channel: 'RickAstleyVEVO' }, 'RickAstleyVEVO'],
    [
      'its channel when the uploader is blank',
      { uploader: ' ', channel: 'RickAstleyVEVO' },
      'RickAstleyVEVO',
    ],
    ['nobody when the site names none', { uploader: null }, null],
    ['a name of any length, cut', { uploader: 'x'.repeat(5000) }, 'x'.repeat(300)],
  ])('is %s', (_name, info, uploader) => {
    expect(originOf(info)).toEqual({ sourceId: 'dQw4w9WgXcQ', uploader });
  });
});
