/** Which container the streams of a file fit into. Pure. */
import { fits } from '../../../worker/contract/choice/containers.ts';
import type { Muxer } from '../../process/ffmpeg-args.ts';

/** WebM for what is WebM throughout, else MP4 where it fits, else Matroska, which takes everything. */
export function chooseMuxer(codecs: readonly string[]): Muxer {
  if (codecs.every((codec) => fits('webm', codec)) && codecs.some((codec) => codec !== 'av1')) return 'webm';
  return codecs.every((codec) => fits('mp4', codec)) ? 'mp4' : 'matroska';
}

/** Audio that has a container of its own keeps it. */
export function chooseAudioMuxer(codec: string): Muxer {
  return codec === 'mp3' || codec === 'flac' ? codec : chooseMuxer([codec]);
}
