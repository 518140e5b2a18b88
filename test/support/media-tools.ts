/** The real yt-dlp and ffmpeg for tests, from the cache that `npm start` fills; each is installed when missing. */
import { findTools, type Tools } from '../../downloader/process/tools.ts';
import { cacheDirectory } from '../../scripts/lib/paths.ts';
import { installFfmpeg } from '../../scripts/tools/install-ffmpeg.ts';
import { installYtdlp } from '../../scripts/tools/install-ytdlp.ts';

let found: Promise<Tools> | null = null;

/** Tools that cannot be had here are null. With CI=true that throws, since a skipped test would hide it. */
export function mediaTools(): Promise<Tools> {
  found ??= find();
  return found;
}

async function find(): Promise<Tools> {
  const options = { cacheDirectory: cacheDirectory(process.env), log: () => {} };
  const [ytdlp, ffmpeg] = await Promise.all([installYtdlp(options), installFfmpeg(options)]);
  const missing = [ytdlp, ffmpeg].flatMap((install) => ('missing' in install ? [install.missing] : []));
  if (process.env['CI'] === 'true' && missing.length > 0) throw new Error(missing.join(' '));
  return findTools({
    ...('directory' in ytdlp ? { python: ytdlp.python, ytdlpDirectory: ytdlp.directory } : {}),
    ...('ffmpeg' in ffmpeg ? { ffmpeg: ffmpeg.ffmpeg } : {}),
  });
}
