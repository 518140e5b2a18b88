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
  const code = [
    'import sys, os',
    "del sys.modules['yt_dlp']",
    'certificate = os.path.join(sys.path[0], "cert.pem")',
    `sys.path[0] = ${JSON.stringify(tools.ytdlpDirectory)}`,
    'import certifi',
    'certifi.where = lambda: certificate',
    'import yt_dlp',
  ];
  return replaceYtdlp(tools, code.join('\n'), { 'cert.pem': certificate });
}

/** The same tools, with this Python module in place of yt-dlp, and these files beside it. */
export async function replaceYtdlp(
  tools: Tools,
  code: string,
  files: Record<string, string> = {},
): Promise<{ tools: Tools; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'ytdlp-test-'));
  await mkdir(join(directory, 'yt_dlp'));
  await writeFile(join(directory, 'yt_dlp', '__init__.py'), code);
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
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
