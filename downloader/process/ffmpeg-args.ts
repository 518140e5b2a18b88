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

export type Muxer = 'mp4' | 'webm' | 'matroska' | 'mp3' | 'ogg' | 'flac' | 'wav';

export interface AudioEncoder {
  name: 'aac' | 'libmp3lame' | 'libopus' | 'flac' | 'pcm_s16le';
  /** Null for encoders without loss. */
  bitsPerSecond: number | null;
}

/** The paths are our own, never foreign names. */
export interface MuxPlan {
  /** The demuxer of a file, where it is known, is allowed for it besides those that merges need. */
  inputs: readonly { path: string; demuxer: string | null }[];
  output: string;
  muxer: Muxer;
  /** The streams to take: `0:v:0`. A `?` at the end allows that there is none. */
  maps: readonly string[];
  /** Null copies the streams. */
  encoder: AudioEncoder | null;
}

/** Copies streams into one file, or converts its audio. Progress goes to stdout. */
export function muxArgs({ inputs, output, muxer, maps, encoder }: MuxPlan): string[] {
  return [
    ...GENERAL,
    ['-loglevel', 'error'],
    ...inputs.map((input) => inputArgs(input)),
    ...maps.map((stream) => ['-map', stream]),
    [...codecArgs(encoder), '-map_metadata', '-1'],
    muxer === 'mp4' ? ['-movflags', '+faststart'] : [],
    // Without this, the header of a file of more than 4 GiB is wrong.
    muxer === 'wav' ? ['-rf64', 'auto'] : [],
    ['-f', muxer, `file:${output}`],
  ].flat();
}

function codecArgs(encoder: AudioEncoder | null): string[] {
  if (!encoder) return ['-c', 'copy'];
  const { name, bitsPerSecond } = encoder;
  return ['-c:a', name, ...(bitsPerSecond === null ? [] : ['-b:a', String(bitsPerSecond)])];
}

function inputArgs({ path, demuxer }: MuxPlan['inputs'][number]): string[] {
  const demuxers = [...new Set([...MERGE_DEMUXERS.split(','), ...(demuxer ?? '').split(',')])];
  const allowed = demuxers.filter((name) => name !== '').join(',');
  return ['-format_whitelist', allowed, '-protocol_whitelist', 'file,pipe', '-i', `file:${path}`];
}
