/** The real yt-dlp and ffmpeg for tests, from the same cache as `npm start`, confined where bubblewrap works. Missing tools are installed. */
import { findTools, type Tools } from '../../downloader/process/tools.ts';
import { cacheDirectory } from '../../scripts/lib/paths.ts';
import { installFfmpeg } from '../../scripts/tools/install-ffmpeg.ts';
import { installYtdlp } from '../../scripts/tools/install-ytdlp.ts';

let found: Promise<Tools> | null = null;

/** A tool that is not available is null. With CI=true this throws, because a skipped test would hide it. */
export function mediaTools(): Promise<Tools> {
  found ??= find();
  return found;
}

async function find(): Promise<Tools> {
  const options = { cacheDirectory: cacheDirectory(process.env), log: () => {} };
  const [ytdlp, ffmpeg] = await Promise.all([installYtdlp(options), installFfmpeg(options)]);
  const missing = [ytdlp, ffmpeg].flatMap((install) => ('missing' in install ? [install.missing] : []));
  if (process.env['CI'] === 'true' && missing.length > 0) throw new Error(missing.join(' '));
  const tools = await findTools({
    ...('directory' in ytdlp ? { python: ytdlp.python, ytdlpDirectory: ytdlp.directory } : {}),
    ...('ffmpeg' in ffmpeg ? { ffmpeg: ffmpeg.ffmpeg } : {}),
  });
  const { level, reason } = tools.confinement;
  if (process.env['CI'] === 'true' && level !== 'full')
    throw new Error(`Children are not confined. ${reason}`);
  return tools;
}
