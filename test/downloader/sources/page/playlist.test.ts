import { describe, expect, it } from 'vitest';
import type { EntryFilter } from '../../../../worker/contract/downloader/playlist.ts';
import { selectEntries } from '../../../../downloader/sources/page/playlist-entries.ts';
import { readPlaylist } from '../../../../downloader/sources/page/read-playlist.ts';
import { parseEgressAllow } from '../../../../worker/contract/address-policy.ts';
import { mediaTools } from '../../../support/media-tools.ts';
import { failureOf, jobFor, useWorld } from './world.ts';

const tools = await mediaTools();
const world = useWorld();
const FILTER = { maxEntries: 10 };

function lineOf(entries: object[]): string {
  return JSON.stringify({ _type: 'playlist', title: 'List', entries });
}

const ENTRIES = [
  { _type: 'url', url: 'https://tube.example/1', title: 'First Talk', upload_date: '20260101' },
  { _type: 'url', url: 'https://tube.example/2', title: 'A song', timestamp: 1_767_312_000 },
  { _type: 'url', url: 'https://tube.example/3', title: 'last TALK' },
];

it.each([
  ['nothing', FILTER, ['1', '2', '3']],
  ['a number', { maxEntries: 2 }, ['1', '2']],
  ['a title', { ...FILTER, title: 'talk' }, ['1', '3']],
  ['a title and a number', { maxEntries: 1, title: 'talk' }, ['1']],
  ['a first day', { ...FILTER, uploadedFrom: '2026-01-02' }, ['2']],
  ['a last day', { ...FILTER, uploadedTo: '2026-01-01' }, ['1']],
  ['a range of days', { ...FILTER, uploadedFrom: '2026-01-01', uploadedTo: '2026-01-02' }, ['1', '2']],
])('filters entries by %s', (_name, filter, names) => {
  const { urls, entriesFound } = selectEntries(lineOf(ENTRIES), filter);
  expect(urls).toEqual(names.map((name) => `https://tube.example/${name}`));
  expect(entriesFound).toBe(3);
});

it('takes the entries of nested lists in their order, and leaves out URLs that are not http', () => {
  const tabs = [
    { _type: 'playlist', entries: ENTRIES.slice(0, 2) },
    { _type: 'playlist', entries: ENTRIES.slice(2) },
  ];
  const bad = [
    { _type: 'url', url: 'file:///etc/passwd' },
    { _type: 'url', url: 'tube:4' },
    { title: 'none' },
    7,
  ];
  const { urls } = selectEntries(lineOf([...tabs, ...(bad as object[])]), FILTER);
  expect(urls).toEqual(['https://tube.example/1', 'https://tube.example/2', 'https://tube.example/3']);
});

it('refuses a single item', () => {
  expect(() => selectEntries(JSON.stringify({ id: '1', url: 'https://a.example/' }), FILTER)).toThrow(
    expect.objectContaining({ failure: { code: 'not_a_playlist' } }),
  );
});

describe.skipIf(!tools.ytdlpDirectory)('with yt-dlp', () => {
  const read = (path: string, filter: EntryFilter = FILTER) =>
    readPlaylist(jobFor(world, path), filter, {
      tools,
      allow: parseEgressAllow(`source:127.0.0.1:${world.site.port}`),
    });

  it('reads a feed without reading its entries', async () => {
    const item = (n: number) =>
      `<item><title>Episode ${n}</title><guid>guid-${n}</guid><enclosure url="https://media.example/${n}.mp3"/><pubDate>Thu, 0${n} Jan 2026 10:00:00 GMT</pubDate></item>`;
    const feed = `<?xml version="1.0"?><rss version="2.0"><channel><title>A show</title>${[1, 2, 3].map(item).join('')}</channel></rss>`;
    world.site.routes.set('/feed.xml', feed);
    const result = await read('/feed.xml', { maxEntries: 2, uploadedFrom: '2026-01-02' });
    expect(result).toMatchObject({
      title: 'A show',
      entriesFound: 3,
      urls: ['https://media.example/2.mp3', 'https://media.example/3.mp3'],
    });
  });

  it('fails for a page without media', async () => {
    world.site.routes.set('/empty', '<html><title>Nothing</title></html>');
    expect(await failureOf(read('/empty'))).toMatchObject({ code: 'unsupported_url' });
  });
});
