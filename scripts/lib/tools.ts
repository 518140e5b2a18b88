/** yt-dlp and ffmpeg for the downloader: installed when missing; without one, direct files still import. */
import { installFfmpeg } from '../tools/install-ffmpeg.ts';
import { installYtdlp } from '../tools/install-ytdlp.ts';
import { cacheDirectory } from './paths.ts';

/** Variables that tell the downloader where its tools are. Never throws for a missing tool: it says one sentence. */
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
    say(`Streams cannot be merged or converted, and some formats not be checked: ${ffmpeg.missing}`);
  } else {
    variables.FFMPEG = ffmpeg.ffmpeg;
  }
  return variables;
}
