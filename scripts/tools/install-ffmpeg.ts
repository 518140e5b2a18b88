/** Finds ffmpeg on the system, or installs the pinned version from a wheel. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findTools } from '../../downloader/process/tools.ts';
import type { InstallOptions } from './install-ytdlp.ts';
import { findPython, pipInstall } from './pip-install.ts';

const REQUIREMENTS = join(import.meta.dirname, 'ffmpeg-requirements.txt');

export type FfmpegInstall = { ffmpeg: string } | { missing: string };

/** `ffmpeg` is a path, or the bare name if it is in PATH. Does not throw if ffmpeg is not available. */
export async function installFfmpeg({ cacheDirectory, log }: InstallOptions): Promise<FfmpegInstall> {
  const { ffmpeg } = await findTools({});
  if (ffmpeg) return { ffmpeg };
  const python = await findPython();
  if (!python?.hasPip) {
    return {
      missing: 'ffmpeg was not found, and installing it needs Python 3.11 with pip.',
    };
  }
  try {
    const install = { python, requirementsFile: REQUIREMENTS, cacheDirectory, name: 'ffmpeg', log };
    return await inWheel(await pipInstall(install));
  } catch (error) {
    return {
      missing: `ffmpeg could not be installed: ${error instanceof Error ? error.message : 'pip failed'}`,
    };
  }
}

async function inWheel(directory: string): Promise<FfmpegInstall> {
  const binaries = join(directory, 'imageio_ffmpeg', 'binaries');
  const name = (await readdir(binaries)).find((name) => name.startsWith('ffmpeg-'));
  const { ffmpeg } = await findTools({ ffmpeg: join(binaries, name ?? 'ffmpeg') });
  return ffmpeg ? { ffmpeg } : { missing: `ffmpeg was installed but does not start. Remove ${directory}.` };
}
