/** The hostile cases: what is imported, how it must end, and within which time. */

export interface HostileCase {
  name: string;
  /** The path at the hostile server; without one, the source is the honest file. */
  path?: string;
  /** The bucket of the hostile server that the file is stored in; default: one that takes all. */
  bucket?: string;
  /** Imports of it at once; default 1. */
  jobs?: number;
  /** `completed`, or the code of the failure. Some answers depend on what comes first. */
  ends: readonly string[];
  withinSeconds: number;
  /** A sweep follows the jobs, while honest imports go on. */
  sweeps?: boolean;
}

/** A file, or a page, at this path. */
function source(name: string, path: string, end: string, withinSeconds = 30): HostileCase {
  return { name, path, ends: [end], withinSeconds };
}

export const CASES: readonly HostileCase[] = [
  source('last sample of 1 GiB in a file of 3 GB', '/last-sample.m4a', 'source_not_found'),
  source('sidx boxes of 128 MiB', '/sidx.mp4', 'media_unreadable'),
  source('ftyp boxes of 8 MiB', '/ftyp.mp4', 'media_unreadable'),
  source('moov boxes of 40 MiB', '/moov.mp4', 'media_unreadable'),
  source('fragments of 10 million samples', '/fragments.mp4', 'source_too_long'),
  source('two million boxes', '/boxes.mp4', 'media_unreadable'),
  source('sample tables of 48 MiB', '/tables.mp4', 'completed'),
  { ...source('sample tables of 48 MiB, eight at once', '/tables.mp4', 'completed'), jobs: 8 },
  source('the tables of twelve hours of honest video', '/hours.mp4', 'completed'),
  source('Info elements of 16 MiB', '/info.mkv', 'media_unreadable'),
  source('50,000 Matroska tracks', '/tracks.mkv', 'completed'),
  source('twelve million Matroska elements', '/tiny-elements.mkv', 'media_unreadable', 60),
  { ...source('HEIC with 200,000 sizes, twelve at once', '/sizes.heic', 'media_unreadable'), jobs: 12 },
  source('JPEG of padding', '/padding.jpg', 'media_unreadable'),
  source('MXF', '/metadata.mxf', 'not_media'),
  source('AVI of 200 streams with false sizes', '/index.avi', 'media_unreadable'),
  // What ffmpeg needs for 130 MB is more than it gets: a minute and half a minute more by their size.
  source('FLV of 7.7 million tags that go back in time', '/tiny-tags.flv', 'media_unreadable', 180),
  source('64 KiB that are nearly text', '/no-text.mp4', 'not_media'),
  { ...source('one byte a second, four at once', '/drip.wav', 'source_stalled'), jobs: 4 },
  source('header fields of 1 MB', '/headers.wav', 'source_unreachable'),
  source('a compressed file', '/packed.wav', 'source_rejected'),
  source('a redirect to itself', '/loop.wav', 'source_redirects'),
  source('a file that is cut', '/cut.wav', 'source_truncated'),
  source('compressed segments, 1,000:1', '/packed.m3u8', 'source_rejected'),
  source('compressed segments over https', '/packed-secure.m3u8', 'source_too_large'),
  source('interim answers without end, over https', '/interim.m3u8', 'source_stalled', 60),
  {
    ...source('a playlist of a million segments', '/million.m3u8', 'source_too_large', 60),
    // On a busy machine, yt-dlp reads it for so long that the source counts as silent.
    ends: ['source_too_large', 'source_stalled'],
  },
  source('a redirect to a path of 62 KB', '/long-redirect', 'source_unavailable'),
  source('an endless page', '/endless-page', 'source_too_large'),
  {
    name: 'a bucket that speaks like the Worker',
    bucket: 'drains-others',
    ends: ['completed'],
    withinSeconds: 30,
  },
  { name: 'a bucket that never answers', bucket: 'never-answers', ends: ['completed'], withinSeconds: 60 },
  {
    ...source('a bucket that never removes, and files that are cut', '/cut.wav', 'source_truncated', 60),
    bucket: 'never-removes',
    jobs: 4,
    sweeps: true,
  },
];

/** Sixteen kinds that end within half a minute when all of them run at once. */
const CROWD_PATHS = [
  '/last-sample.m4a',
  '/boxes.mp4',
  '/tables.mp4',
  '/info.mkv',
  '/tracks.mkv',
  '/sizes.heic',
  '/padding.jpg',
  '/metadata.mxf',
  '/index.avi',
  '/no-text.mp4',
  '/drip.wav',
  '/headers.wav',
  '/packed.wav',
  '/cut.wav',
  '/packed.m3u8',
  '/long-redirect',
];
export const CROWD = CASES.filter(
  ({ name, path = '', bucket }) => !bucket && !name.endsWith('eight at once') && CROWD_PATHS.includes(path),
);
