import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkMedia } from '../../../downloader/media/check.ts';
import { memoryReader } from '../../../downloader/media/reader.ts';
import { sniff } from '../../../downloader/media/sniff.ts';
import { MEDIA_NAMES, mediaBytes } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';

const { ffmpeg } = await mediaTools();
const text = (value: string) => Buffer.from(value, 'utf8');

const NOT_MEDIA: readonly (readonly [string, Uint8Array, string, string])[] = [
  ['a page', text('<!DOCTYPE html><html>'), 'page', 'html'],
  ['a page after blanks and a comment', text('\n  <!-- hello -->\n<HTML>'), 'page', 'html'],
  ['a page with a byte order mark', text('\uFEFF<html>'), 'page', 'html'],
  ['a page in UTF-16', Buffer.from('\uFEFF<html><body>', 'utf16le'), 'page', 'html'],
  ['a fragment of a page', text('<div class="a">'), 'page', 'html'],
  ['an HLS playlist', text('#EXTM3U\n#EXT-X-VERSION:3\n'), 'playlist', 'm3u8'],
  ['an HLS playlist after a mark and blanks', text('\uFEFF\r\n #EXTM3U\n'), 'playlist', 'm3u8'],
  [
    'an HLS playlist before media bytes',
    Buffer.concat([text('#EXTM3U\n'), Buffer.alloc(0)]),
    'playlist',
    'm3u8',
  ],
  ['a DASH manifest', text('<?xml version="1.0"?>\n<!-- x -->\n<MPD type="static">'), 'playlist', 'mpd'],
  ['a list of ffconcat', text("ffconcat version 1.0\nfile '/etc/passwd'"), 'playlist', 'm3u8'],
  ['an SVG', text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">'), 'other', 'svg'],
  [
    'an SVG with a doctype',
    text('<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg.dtd"><svg>'),
    'other',
    'svg',
  ],
  ['other XML', text('<?xml version="1.0"?><rss version="2.0">'), 'page', 'xml'],
  ['plain text', text('Not found.'), 'other', 'txt'],
  ['JSON', text('{"error": "no"}'), 'other', 'txt'],
  ['subtitles', text('WEBVTT\n\n00:00.000 --> 00:01.000\nHello'), 'other', 'txt'],
  ['a ZIP archive', Buffer.from('504b0304140000000800', 'hex'), 'other', 'zip'],
  ['a gzip file', gzipSync('hello'), 'other', 'gz'],
  ['a PDF', Buffer.from('255044462d312e370a25e2e3cfd30a00', 'hex'), 'other', 'pdf'],
  ['an executable', Buffer.from('7f454c46020101000000000000000000', 'hex'), 'other', 'elf'],
  ['noise', Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex'), 'other', 'bin'],
  ['MIDI', Buffer.from('4d546864000000060001000200604d54', 'hex'), 'other', 'mid'],
  ['nothing', new Uint8Array(0), 'other', 'bin'],
];

describe('sniff', () => {
  it.each(NOT_MEDIA)('does not recognize %s as media', async (_, bytes, kind, extension) => {
    expect(await sniff(bytes)).toMatchObject({ kind, extension, container: null, probe: null });
  });

  it.each(NOT_MEDIA)('refuses to check %s', async (_, bytes) => {
    const tools = {
      limits: { maxDurationSeconds: 1, timeoutSeconds: 1 },
      signal: new AbortController().signal,
      ffmpeg: null,
      confinement: null,
    };
    const checking = checkMedia(memoryReader(bytes), await sniff(bytes), tools);
    await expect(checking).rejects.toMatchObject({ failure: { code: 'not_media' } });
  });

  it.skipIf(!ffmpeg).each(MEDIA_NAMES)('names %s by its bytes', async (name) => {
    const head = (await mediaBytes(ffmpeg ?? '', name)).subarray(0, 4100);
    const sniffed = await sniff(head);
    const extension = name.split('.')[1];
    expect(sniffed.extension).toBe(extension);
    expect(sniffed.kind).toBe(name.startsWith('still') ? 'picture' : 'media');
    expect(sniffed.contentType).toMatch(/^(?:audio|video|image)\//);
  });
});
