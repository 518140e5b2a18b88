import { describe, expect, it } from 'vitest';
import { scrub } from '../../../downloader/process/scrub.ts';
import { findTools, requireYtdlp } from '../../../downloader/process/tools.ts';
import { pipArguments } from '../../../scripts/tools/pip-install.ts';
import { mediaTools } from '../../support/media-tools.ts';

const tools = await mediaTools();

describe('the tools', () => {
  it.skipIf(!tools.ytdlpDirectory || !tools.ffmpeg)('are found with their versions', () => {
    expect(tools).toEqual({
      python: expect.stringMatching(/^\//),
      ytdlpDirectory: expect.stringMatching(/^\//),
      ffmpeg: expect.stringMatching(/^\//),
      versions: { ytdlp: '2026.10.26', ffmpeg: expect.stringMatching(/\d/) },
    });
    expect(requireYtdlp(tools)).toEqual({ python: tools.python, ytdlpDirectory: tools.ytdlpDirectory });
  });

  it('that do not start count as missing', async () => {
    const none = {
      python: '/nonexistent/python',
      ytdlpDirectory: '/nonexistent',
      ffmpeg: '/nonexistent/ffmpeg',
    };
    const found = await findTools(none);
    expect(found).toEqual({
      python: null,
      ytdlpDirectory: null,
      ffmpeg: null,
      versions: { ytdlp: null, ffmpeg: null },
    });
    expect(() => requireYtdlp(found)).toThrow('resolver_unavailable');
  });

  it('are installed only with matching hashes', () => {
    expect(pipArguments('/pins.txt', '/target')).toEqual(
      [
        ['-m', 'pip', 'install', '--require-hashes', '--no-deps', '--only-binary', ':all:'],
        ['--quiet', '--no-input', '--disable-pip-version-check', '--no-warn-script-location'],
        ['--target', '/target', '--requirement', '/pins.txt'],
      ].flat(),
    );
  });
});

describe('scrub', () => {
  it.each([
    ['GET https://u:p@host/a/b?X-Sig=1&y=2#z failed', 'GET https://host/a/b failed'],
    [
      "url 'http://host/x?token=abc' and http://job:pw@127.0.0.1:9",
      "url 'http://host/x' and http://127.0.0.1:9",
    ],
    ['HTTPS://u:p@host:8/a?b', 'HTTPS://host:8/a'],
    ['http://a@http://b:pw@c/d', 'http://http://c/d'],
    ['http://u:p@q@host/x', 'http://host/x'],
    ['to http://h/?u=http://b/secret?x#y, "http://k:l@m"', 'to http://h/ "http://m"'],
    ['http://h/x?a=b\nhttp://k/y#c', 'http://h/x\nhttp://k/y'],
    ['mail a@b.example', 'mail a@b.example'],
    ['nothing to hide', 'nothing to hide'],
  ])('removes the secrets of %s', (text, clean) => {
    expect(scrub(text)).toBe(clean);
  });

  it.each([
    ['a long path', 'A'.repeat(62_000)],
    ['a long name in front of a URL', `${'A'.repeat(62_000)}://${'b'.repeat(62_000)}`],
    ['many schemes', 'a://'.repeat(16_000)],
    ['many users', `http://${'a@'.repeat(31_000)}`],
    ['many queries', 'a://b?'.repeat(10_000)],
  ])('takes linear time for %s', (_, text) => {
    const startedAtMs = performance.now();
    scrub(text);
    expect(performance.now() - startedAtMs).toBeLessThan(300);
  });
});
