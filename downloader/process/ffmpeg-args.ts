/**
 * Arguments for ffmpeg. Pure. Every input has a list of allowed demuxers and protocols. Without them, a playlist under
 * the name of a video makes ffmpeg open the local files that it names.
 */

/** Demuxers for merges: containers that yt-dlp downloads. None of them names other files. */
const MERGE_DEMUXERS = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,aac,mp3,ogg,flac,wav,flv';

/** Largest single allocation, in bytes. An 8K frame needs a tenth of it; a header can claim any size. */
const MAX_ALLOCATION_BYTES = 512 * 1024 * 1024;

/** Memory of one ffmpeg, in bytes: each of many tracks may claim the largest block. */
export const MAX_FFMPEG_BYTES = 2 * MAX_ALLOCATION_BYTES;

const GENERAL = [
  ['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1'],
  ['-max_alloc', String(MAX_ALLOCATION_BYTES)],
].flat();

/**
 * Reads all of stdin with one demuxer (`demuxer` is its full name, such as `mov,mp4,…`, or a list), decodes nothing, and
 * prints the streams to stderr and the time to stdout.
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
  /** One file to repackage, or video and audio. The paths are our own, never foreign names. */
  inputs: readonly string[];
  output: string;
  muxer: 'mp4' | 'webm' | 'matroska';
}

/** Copies the streams into one file. Progress goes to stdout. */
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
