/**
 * Arguments for ffmpeg. Pure. Every input has a list of the demuxers and of the protocols that it may use: without
 * them a playlist under the name of a video makes ffmpeg open the other local files that it names.
 */

/** Demuxers of files that are merged: containers that yt-dlp downloads, none that names other files. */
const MERGE_DEMUXERS = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,aac,mp3,ogg,flac,wav,flv';

/** Largest single allocation, in bytes: a frame of 8K needs a tenth; a header may claim anything. */
const MAX_ALLOCATION_BYTES = 512 * 1024 * 1024;

/** Memory of one ffmpeg, in bytes: each of many tracks may claim the largest block. */
export const MAX_FFMPEG_BYTES = 2 * MAX_ALLOCATION_BYTES;

const GENERAL = [
  ['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1'],
  ['-max_alloc', String(MAX_ALLOCATION_BYTES)],
].flat();

/**
 * Reads all of stdin by one of ffmpeg's demuxers (`demuxer` is its full name, such as `mov,mp4,…`, or a list), decodes
 * nothing, and tells the streams on stderr and the time on stdout.
 */
export function checkArgs(demuxer: string): string[] {
  return [
    ...GENERAL,
    ['-loglevel', 'info'],
    ['-format_whitelist', demuxer, '-protocol_whitelist', 'pipe', '-i', 'pipe:0'],
    ['-map', '0:v?', '-map', '0:a?', '-c', 'copy', '-f', 'null', '-'],
  ].flat();
}

export interface MergePlan {
  /** One file to be repackaged, or video and audio. Paths of our own making. */
  inputs: readonly string[];
  output: string;
  muxer: 'mp4' | 'webm' | 'matroska';
}

/** Puts the streams into one file without touching them. Progress goes to stdout. */
export function mergeArgs({ inputs, output, muxer }: MergePlan): string[] {
  const maps = inputs.length === 1 ? ['-map', '0:v?', '-map', '0:a?'] : ['-map', '0:v:0', '-map', '1:a:0'];
  return [
    ...GENERAL,
    ['-loglevel', 'error'],
    ...inputs.map((path) => inputArgs(path)),
    [...maps, '-c', 'copy', '-map_metadata', '-1'],
    muxer === 'mp4' ? ['-movflags', '+faststart'] : [],
    ['-f', muxer, `file:${output}`],
  ].flat();
}

function inputArgs(path: string): string[] {
  return ['-format_whitelist', MERGE_DEMUXERS, '-protocol_whitelist', 'file,pipe', '-i', `file:${path}`];
}
