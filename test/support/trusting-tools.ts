/** yt-dlp for tests with a TLS server of their own. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
  return replaceYtdlp(tools, trustingModule(tools.ytdlpDirectory ?? ''), { 'cert.pem': certificate });
}

/** Python code that loads yt-dlp from this folder, and makes it trust the certificate in `cert.pem` alone. */
function trustingModule(ytdlpDirectory: string): string {
  return [
    'import sys, os',
    "del sys.modules['yt_dlp']",
    'certificate = os.path.join(sys.path[0], "cert.pem")',
    `sys.path[0] = ${JSON.stringify(ytdlpDirectory)}`,
    'import certifi',
    'certifi.where = lambda: certificate',
    'import yt_dlp',
  ].join('\n');
}

/** A yt-dlp in the new folder `target` that trusts this certificate (PEM), with a copy of the real one inside. */
export async function copyTrustingYtdlp(
  ytdlpDirectory: string,
  target: string,
  certificate: string,
): Promise<string> {
  const real = join(target, 'real');
  await cp(ytdlpDirectory, real, { recursive: true });
  await writeModule(target, trustingModule(real), { 'cert.pem': certificate });
  return target;
}

/** Writes this Python module under the name of yt-dlp into a folder, and these files beside it. */
async function writeModule(folder: string, code: string, files: Record<string, string>): Promise<void> {
  await mkdir(join(folder, 'yt_dlp'));
  await writeFile(join(folder, 'yt_dlp', '__init__.py'), code);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

/** The same tools, with this Python module in place of yt-dlp, and these files beside it. */
export async function replaceYtdlp(
  tools: Tools,
  code: string,
  files: Record<string, string> = {},
): Promise<{ tools: Tools; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'ytdlp-test-'));
  await writeModule(directory, code, files);
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
