import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/paths.ts';
import {
  fetchProject,
  movePin,
  movePins,
  pinnedVersions,
  wheelHashes,
  type Project,
} from '../../scripts/tools/pins.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
  string,
];

const FILE = `# Comment.
yt-dlp==2026.1.1 \\
    --hash=sha256:${A}
yt-dlp-ejs==0.8.0 \\
    --hash=sha256:${B}
native==1.0 \\
    --hash=sha256:${A} \\
    --hash=sha256:${B}
`;

function release(...files: [filename: string, sha256: string, yanked?: boolean][]) {
  return files.map(([filename, sha256, yanked = false]) => ({
    filename,
    packagetype: filename.endsWith('.whl') ? 'bdist_wheel' : 'sdist',
    yanked,
    digests: { sha256 },
  }));
}

const PROJECTS: Record<string, Project> = {
  'yt-dlp': {
    info: { version: '2026.2.2' },
    releases: { '2026.2.2': release(['yt_dlp-2026.2.2.tar.gz', A], ['yt_dlp-2026.2.2-py3-none-any.whl', C]) },
  },
  native: {
    info: { version: '2.0' },
    releases: {
      '2.0': release(
        ['native-2.0-cp37-abi3-win_amd64.whl', A],
        ['native-2.0-cp37-abi3-manylinux_2_28_x86_64.whl', D],
        ['native-2.0-cp37-abi3-manylinux_2_28_aarch64.whl', C],
        ['native-2.0-cp37-abi3-macosx_11_0_arm64.whl', B, true],
      ),
    },
  },
};

describe('the pins of yt-dlp', () => {
  test('move with the hashes of the wheels; comments and other packages stay', async () => {
    const versions = new Map([
      ['yt-dlp', '2026.2.2'],
      ['yt-dlp-ejs', '0.8.0'],
      ['native', '2.0'],
      ['optional', '1'],
    ]);
    const { text, moves } = await movePins(FILE, versions, async (name) => PROJECTS[name]!);
    expect(text).toBe(`# Comment.
yt-dlp==2026.2.2 \\
    --hash=sha256:${C}
yt-dlp-ejs==0.8.0 \\
    --hash=sha256:${B}
native==2.0 \\
    --hash=sha256:${C} \\
    --hash=sha256:${D}
`);
    expect(moves).toEqual([
      { name: 'yt-dlp', from: '2026.1.1', to: '2026.2.2' },
      { name: 'native', from: '1.0', to: '2.0' },
    ]);
  });

  test('are not moved to a release without a wheel', () => {
    expect(() => wheelHashes(PROJECTS['yt-dlp']!, 'yt-dlp', '2026.3.3')).toThrow(
      'no wheel of yt-dlp 2026.3.3',
    );
  });

  test('of the repository are read whole and written back unchanged', async () => {
    const text = await readFile(join(ROOT, 'downloader/requirements.txt'), 'utf8');
    const pins = pinnedVersions(text);
    expect([...pins.keys()]).toContain('yt-dlp');
    expect(pins.size).toBe(text.match(/==/g)!.length);
    let moved = text;
    for (const [name, version] of pins) {
      const block = text.slice(text.indexOf(`${name}==`)).split(/\n(?=\S)/)[0]!;
      const hashes = [...block.matchAll(/sha256:([0-9a-f]{64})/g)].map((match) => match[1]!);
      moved = movePin(moved, name, { version, hashes });
    }
    expect(moved).toBe(text);
  });

  test('come from the JSON API of PyPI', async () => {
    const server = createServer((request, response) => {
      const name = /^\/pypi\/([^/]+)\/json$/.exec(request.url ?? '')?.[1] ?? '';
      const project = PROJECTS[name];
      response.writeHead(project ? 200 : 404).end(JSON.stringify(project ?? {}));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await fetchProject('yt-dlp', origin)).toEqual(PROJECTS['yt-dlp']);
    await expect(fetchProject('nothing', origin)).rejects.toThrow('PyPI answers 404 for nothing');
    server.close();
  });
});
