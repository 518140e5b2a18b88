import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTools, requireYtdlp } from '../../../downloader/process/tools.ts';
import { ROOT } from '../../../scripts/lib/paths.ts';
import { pinnedVersions } from '../../../scripts/tools/pins.ts';
import { pipArguments } from '../../../scripts/tools/pip-install.ts';
import { mediaTools } from '../../support/media-tools.ts';

const tools = await mediaTools();
const pinned = pinnedVersions(await readFile(join(ROOT, 'downloader/requirements.txt'), 'utf8')).get(
  'yt-dlp',
);

describe('the tools', () => {
  it.skipIf(!tools.ytdlpDirectory || !tools.ffmpeg)('are found with their versions', () => {
    expect(tools).toMatchObject({
      python: expect.stringMatching(/^\//),
      ytdlpDirectory: expect.stringMatching(/^\//),
      ffmpeg: expect.stringMatching(/^\//),
      versions: { ytdlp: pinned, ffmpeg: expect.stringMatching(/\d/) },
    });
    const { python, ytdlpDirectory, confinement } = tools;
    expect(requireYtdlp(tools)).toEqual({ python, ytdlpDirectory, confinement });
  });

  it('that do not start count as missing', async () => {
    const none = {
      python: '/nonexistent/python',
      ytdlpDirectory: '/nonexistent',
      ffmpeg: '/nonexistent/ffmpeg',
    };
    const found = await findTools(none);
    expect(found).toMatchObject({
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
