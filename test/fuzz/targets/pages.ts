/** Readers of what yt-dlp prints about pages. What they return must fit the contract, or the Worker refuses the whole report. */
import { JobFailure } from '../../../downloader/job-failure.ts';
import { toMetadata } from '../../../downloader/sources/page/page-metadata.ts';
import { selectEntries } from '../../../downloader/sources/page/playlist-entries.ts';
import { parseInfo, readInfo } from '../../../downloader/sources/page/ytdlp-info.ts';
import { SourceMetadata } from '../../../worker/contract/downloader/metadata.ts';
import { Playlist } from '../../../worker/contract/downloader/playlist.ts';
import { JSON_VALUES } from '../formats.ts';
import type { Target } from '../target.ts';

const VIDEO = { url: 'https://a.example/1.mp4', ext: 'mp4', protocol: 'https', vcodec: 'avc1' };
const AUDIO = { url: 'https://a.example/2.m4a', ext: 'm4a', protocol: 'https', acodec: 'mp4a' };
const STREAM = { url: 'https://a.example/3.m3u8', ext: 'mp4', protocol: 'm3u8_native', fps: 25 };
const PAGE = {
  id: 'a1',
  title: 'A title',
  uploader: 'Somebody',
  extractor: 'generic',
  thumbnail: 'https://a.example/a.jpg',
  duration: 12.5,
  filesize: 1000,
  chapters: [{ title: 'One', start_time: 0, end_time: 6.5 }, { start_time: 6.5 }],
  formats: [
    { ...VIDEO, format_id: '1', acodec: 'none', filesize: 1000 },
    { ...AUDIO, format_id: '2', vcodec: 'none', abr: 128 },
    { ...STREAM, format_id: '3', width: 640, height: 360, tbr: 900.5, filesize_approx: 1e6 },
  ],
};
const LIST = {
  _type: 'playlist',
  title: 'A list',
  entries: [
    { _type: 'url', url: 'https://a.example/1', title: 'One', timestamp: 1_700_000_000 },
    { webpage_url: 'https://a.example/2', upload_date: '20240131' },
    { entries: [PAGE] },
  ],
};
const WISH = { choice: {}, limits: { maxBytes: 1e9, maxDurationSeconds: 3600 }, canMerge: true };
const FILTER = { maxEntries: 100, title: 'o', uploadedFrom: '2020-01-01', uploadedTo: '2025-01-01' };
const SOURCE = { way: 'ytdlp', reason: 'A page.' };

function pageTarget(name: string, pages: readonly object[], read: (line: string) => void): Target {
  return {
    name,
    format: JSON_VALUES,
    mostBytes: 256 * 1024,
    corpus: () => Promise.resolve(pages.map((page) => Buffer.from(JSON.stringify(page)))),
    run: (bytes) => {
      try {
        read(bytes.toString());
      } catch (error) {
        if (!(error instanceof JobFailure)) throw error;
      }
    },
  };
}

export const PAGE_TARGETS: readonly Target[] = [
  pageTarget('page-formats', [PAGE, LIST], (line) => void parseInfo(line, WISH)),
  pageTarget('page-metadata', [PAGE], (line) => void SourceMetadata.parse(toMetadata(readInfo(line), WISH))),
  pageTarget('playlist', [LIST], (line) => {
    for (const filter of [{ maxEntries: 100 }, FILTER]) {
      Playlist.parse({ ...selectEntries(line, filter), source: SOURCE });
    }
  }),
];
