import { describe, expect, it } from 'vitest';
import { downloadArgs, resolveArgs } from '../../../../downloader/sources/page/ytdlp-args.ts';

const SETTINGS = { proxyUrl: 'http://job:secret@127.0.0.1:9', nodePath: '/bin/node' };
const COMMON = [
  ['--ignore-config', '--no-config-locations', '--no-plugin-dirs', '--no-remote-components'],
  ['--no-exec', '--no-cookies', '--no-cookies-from-browser', '--no-cache-dir', '--no-mark-watched'],
  ['--no-playlist', '--playlist-items', '1', '--default-search', 'error'],
  ['--no-js-runtimes', '--js-runtimes', 'node:/bin/node'],
  ['--proxy', 'http://job:secret@127.0.0.1:9', '--ffmpeg-location', '/nonexistent'],
  ['--socket-timeout', '20', '--retries', '3', '--extractor-retries', '2', '--color', 'never'],
].flat();

describe('the arguments of yt-dlp', () => {
  it('resolve one page, with its URL after the end of options', () => {
    expect(resolveArgs(SETTINGS, '--exec=touch x')).toEqual(
      [...COMMON, ['--dump-single-json', '--format=bv*+ba/b/bv*/ba', '--', '--exec=touch x']].flat(),
    );
  });

  it('pass the selector of a request as one argument, whatever it starts with', () => {
    const args = resolveArgs({ ...SETTINGS, selector: '--exec=x' }, 'https://a.example/');
    expect(args.slice(COMMON.length)).toEqual([
      '--dump-single-json',
      '--format=--exec=x',
      '--',
      'https://a.example/',
    ]);
  });

  it('download only, each format into a file of our naming, and fail at a missing segment', () => {
    expect(downloadArgs(SETTINGS, '/job/info.json', 2)).toEqual(
      [
        ...COMMON,
        ['--load-info-json', '/job/info.json', '-f', 'p0,p1', '--output', '%(format_id)s.media'],
        ['--abort-on-unavailable-fragments', '--fragment-retries', '3'],
        ['--fixup', 'never', '--no-mtime', '--no-continue', '--hls-prefer-native'],
        ['--concurrent-fragments', '4', '--quiet', '--no-progress'],
      ].flat(),
    );
  });
});
