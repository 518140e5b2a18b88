/** Which container the streams of a merge fit into. Pure. */
import type { MediaFacts } from '../../../worker/contract/media.ts';
import type { MergePlan } from '../../process/ffmpeg-args.ts';

/** What MP4 holds and players play. */
const MP4 = new Set([
  'avc',
  'hevc',
  'av1',
  'vp9',
  'mpeg4',
  'aac',
  'mp3',
  'mp2',
  'ac3',
  'eac3',
  'opus',
  'alac',
]);
const WEBM = new Set(['vp8', 'vp9', 'av1', 'opus', 'vorbis']);

/** WebM for what is WebM throughout, else MP4 where it fits, else Matroska, which takes everything. */
export function chooseMuxer(files: readonly MediaFacts[]): MergePlan['muxer'] {
  const codecs = files
    .flatMap(({ videoCodec, audioCodec }) => [videoCodec, audioCodec])
    .filter((c) => c !== null);
  if (codecs.every((codec) => WEBM.has(codec)) && codecs.some((codec) => !codec.startsWith('av1')))
    return 'webm';
  return codecs.every((codec) => MP4.has(codec)) ? 'mp4' : 'matroska';
}
