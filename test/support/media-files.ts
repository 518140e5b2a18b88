/** Small real media files of every kind, six seconds each unless a test asks for less. ffmpeg makes them once for each machine and version. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PICTURES = 'testsrc2=size=320x240:rate=25:duration=6';
const TONE = 'sine=frequency=440:duration=6:sample_rate=44100';
const H264 = '-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p';
const AV = `-f lavfi -i ${PICTURES} -f lavfi -i ${TONE}`;
const inSize = (size: string) => AV.replace('320x240', size);
const V = `-f lavfi -i ${PICTURES}`;
const A = `-f lavfi -i ${TONE}`;
const STILL = '-f lavfi -i testsrc2=size=64x48:rate=1:duration=1 -frames:v 1';

/** The arguments of ffmpeg, by file name. */
const RECIPES = {
  'start.mp4': `${AV} ${H264} -c:a aac -movflags +faststart`,
  'end.mp4': `${AV} ${H264} -c:a aac`,
  'fragmented.mp4': `${AV} ${H264} -c:a aac -movflags frag_keyframe+empty_moov`,
  'indexed.mp4': `${AV} ${H264} -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof+global_sidx`,
  'video.mp4': `${V} ${H264} -movflags +faststart`,
  'audio.m4a': `${A} -c:a aac`,
  'movie.mov': `${AV} ${H264} -c:a aac`,
  'movie.mkv': `${AV} ${H264} -c:a aac`,
  'movie.webm': `${AV} -c:v libvpx -b:v 500k -c:a libopus`,
  'live.webm': `${AV} -c:v libvpx -b:v 500k -c:a libopus -live 1`,
  'h264.ts': `${AV} ${H264} -c:a aac`,
  'mpeg2.ts': `${AV} -c:v mpeg2video -c:a mp2`,
  'movie.avi': `${AV} -c:v mpeg4 -c:a libmp3lame`,
  'movie.flv': `${AV} ${H264} -c:a aac`,
  'movie.wmv': `${AV} -c:v wmv2 -c:a wmav2`,
  'movie.mpg': `${AV} -c:v mpeg1video -c:a mp2`,
  'sound.mp3': `${A} -c:a libmp3lame`,
  'bare.mp3': `${A} -c:a libmp3lame -write_xing 0 -id3v2_version 0`,
  'sound.aac': `${A} -c:a aac`,
  'sound.ogg': `${A} -c:a libvorbis`,
  'sound.opus': `${A} -c:a libopus`,
  'sound.flac': `${A} -c:a flac`,
  'sound.wav': `${A} -c:a pcm_s16le`,
  'still.png': STILL,
  'still.jpg': STILL,
  'still.gif': STILL,
  'still.webp': STILL,
  'still.bmp': STILL,
  'still.tiff': STILL,
  'still.avif': `${STILL} -c:v libaom-av1 -cpu-used 8`,
} as const;

/** Folders with one stream each: plain HLS, HLS with separate audio, DASH, and the last two in two sizes. */
const PLAYLIST = '-f hls -hls_time 1 -hls_playlist_type vod';
const HLS = `${H264} -c:a aac ${PLAYLIST}`;
const FOLDERS = {
  hls: [`${AV} ${HLS} -hls_segment_filename %d.ts index.m3u8`],
  'hls-fmp4': [`${AV} ${HLS} -hls_segment_type fmp4 -hls_segment_filename %d.m4s index.m3u8`],
  'hls-groups': [
    `${V} ${H264} -f hls -hls_time 1 -hls_playlist_type vod -hls_segment_filename v%d.ts video.m3u8`,
    `${A} -c:a aac -f hls -hls_time 1 -hls_playlist_type vod -hls_segment_filename a%d.ts audio.m3u8`,
  ],
  dash: [`${AV} ${H264} -c:a aac -f dash -seg_duration 1 manifest.mpd`],
  // Portrait: the height of the small one is below 240, the width of the large one is 240.
  'hls-portrait': [
    `${inSize('240x426')} ${H264} -c:a aac ${PLAYLIST} -hls_segment_filename large%d.ts large.m3u8`,
    `${inSize('120x214')} ${H264} -c:a aac ${PLAYLIST} -hls_segment_filename small%d.ts small.m3u8`,
  ],
  'dash-sizes': [
    `${AV} -map 0:v -map 0:v -map 1:a ${H264} -s:v:1 160x120 -c:a aac -f dash -seg_duration 1 manifest.mpd`,
  ],
} as const;

export type MediaName = keyof typeof RECIPES;
export type FolderName = keyof typeof FOLDERS;
export const MEDIA_NAMES = Object.keys(RECIPES) as MediaName[];

const BASE = join(tmpdir(), 'importly-test-media');

/** Returns the bytes of a media file. The first call makes it. */
export async function mediaBytes(ffmpeg: string, name: MediaName, seconds = 6): Promise<Uint8Array> {
  const recipe = RECIPES[name].replaceAll('duration=6', `duration=${seconds}`);
  const directory = await made(ffmpeg, name, [`${recipe} ${name}`]);
  return new Uint8Array(await readFile(join(directory, name)));
}

/** Copies a stream to `target`, where a test can change it. */
export async function copyMediaFolder(ffmpeg: string, name: FolderName, target: string): Promise<void> {
  await cp(await made(ffmpeg, name, FOLDERS[name]), target, { recursive: true });
}

/** One rename creates the folder, because other test processes may make the same files at once. The first one stays. */
async function made(ffmpeg: string, name: string, commands: readonly string[]): Promise<string> {
  const digest = createHash('sha256')
    .update(`${ffmpeg}\n${commands.join('\n')}`)
    .digest('hex')
    .slice(0, 12);
  const target = join(BASE, `${name}-${digest}`);
  if (await exists(target)) return target;
  await mkdir(BASE, { recursive: true });
  const fresh = await mkdtemp(join(BASE, 'part-'));
  try {
    for (const command of commands) {
      const args = ['-hide_banner', '-loglevel', 'error', '-nostdin', ...command.split(' ')];
      await run(ffmpeg, args, { cwd: fresh, timeout: 60_000 });
    }
    await rename(fresh, target);
  } catch (error) {
    if (!(await exists(target))) throw error;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return target;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
