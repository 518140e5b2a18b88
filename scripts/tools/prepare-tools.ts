/** Installs yt-dlp and ffmpeg for the downloader if they are missing. Without them, direct files still import. */
import { installFfmpeg } from './install-ffmpeg.ts';
import { installYtdlp } from './install-ytdlp.ts';
import { cacheDirectory } from '../lib/paths.ts';

/** Returns variables with the paths of the tools. Does not throw if a tool is missing; it prints a sentence instead. */
export async function prepareTools(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Record<string, string>> {
  const options = { cacheDirectory: cacheDirectory(env), log: say };
  const [ytdlp, ffmpeg] = await Promise.all([installYtdlp(options), installFfmpeg(options)]);
  const variables: Record<string, string> = {};
  if ('missing' in ytdlp) {
    say(`Pages cannot be imported, only direct files: ${ytdlp.missing}`);
  } else {
    variables.PYTHON = ytdlp.python;
    variables.YTDLP_DIR = ytdlp.directory;
  }
  if ('missing' in ffmpeg) {
    say(`Streams cannot be merged or converted, and some formats cannot be checked: ${ffmpeg.missing}`);
  } else {
    variables.FFMPEG = ffmpeg.ffmpeg;
  }
  return variables;
}
