/** Installs the pinned yt-dlp, or says what is missing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTools } from '../../downloader/process/tools.ts';
import { findPython, pipInstall } from './pip-install.ts';

const REQUIREMENTS = join(import.meta.dirname, '../../downloader/requirements.txt');

export interface InstallOptions {
  /** The directory for tools, with one folder for each version. */
  cacheDirectory: string;
  log: (line: string) => void;
}

export type YtdlpInstall = { python: string; directory: string } | { missing: string };

/** Needs Python 3.11 or newer with pip. Takes 3 s the first time and only checks the folder later. Does not throw if a tool is missing. */
export async function installYtdlp({ cacheDirectory, log }: InstallOptions): Promise<YtdlpInstall> {
  const python = await findPython();
  if (!python) return { missing: 'Pages need Python 3.11 or newer, which was not found; direct files work.' };
  if (!python.hasPip) return { missing: 'Pages need pip for Python 3 (python3-pip); direct files work.' };
  try {
    const install = { python, requirementsFile: REQUIREMENTS, cacheDirectory, name: 'ytdlp', log };
    const directory = await pipInstall(install);
    const { versions } = await findTools({ python: python.executable, ytdlpDirectory: directory });
    // pip can silently install an older release; only the pinned one is accepted.
    const pinned = /^yt-dlp==(\S+)/m.exec(await readFile(REQUIREMENTS, 'utf8'))?.[1];
    if (versions.ytdlp !== pinned) {
      return { missing: `yt-dlp ${pinned} was installed but does not start. Remove ${directory}.` };
    }
    return { python: python.executable, directory };
  } catch (error) {
    return {
      missing: `yt-dlp could not be installed: ${error instanceof Error ? error.message : 'pip failed'}`,
    };
  }
}
