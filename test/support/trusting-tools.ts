/** yt-dlp for tests with a TLS server of their own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Confinement } from '../../downloader/process/confinement.ts';
import type { Tools } from '../../downloader/process/tools.ts';

/**
 * The same tools, with a yt-dlp that trusts this certificate (PEM): a package in front of it replaces the list of
 * authorities.
 */
export async function trustingTools(
  tools: Tools,
  certificate: string,
): Promise<{ tools: Tools; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'ytdlp-trusting-'));
  const file = join(directory, 'cert.pem');
  const code = [
    'import sys',
    "del sys.modules['yt_dlp']",
    `sys.path[0] = ${JSON.stringify(tools.ytdlpDirectory)}`,
    'import certifi',
    `certifi.where = lambda: ${JSON.stringify(file)}`,
    'import yt_dlp',
  ];
  await mkdir(join(directory, 'yt_dlp'));
  await writeFile(join(directory, 'yt_dlp', '__init__.py'), code.join('\n'));
  await writeFile(file, certificate);
  return {
    tools: { ...tools, ytdlpDirectory: directory, confinement: showing(directory, tools.confinement) },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** The same confinement, in which children can also read this folder. */
function showing(folder: string, confinement: Confinement): Confinement {
  if (confinement.level === 'none') return confinement;
  const wrap: Confinement['wrap'] = (...input) => {
    const { command, args } = confinement.wrap(...input);
    const end = args.indexOf('--remount-ro');
    return { command, args: [...args.slice(0, end), '--ro-bind', folder, folder, ...args.slice(end)] };
  };
  return { ...confinement, wrap };
}
