/** Which codecs fit into which container. Pure. */
import type { Container } from './media-choice.ts';

/** What a container takes. Matroska takes everything. */
const CODECS: Readonly<Record<Exclude<Container, 'mkv'>, ReadonlySet<string>>> = {
  // What MP4 holds and players play.
  mp4: new Set(['avc', 'hevc', 'av1', 'vp9', 'mpeg4', 'aac', 'mp3', 'mp2', 'ac3', 'eac3', 'opus', 'alac']),
  webm: new Set(['vp8', 'vp9', 'av1', 'opus', 'vorbis']),
};

/** Audio that every player of MP4 plays; Opus in MP4 is younger. */
const USUAL_IN_MP4: ReadonlySet<string> = new Set(['aac', 'mp3', 'ac3', 'eac3', 'alac']);

/** True when a stream of this codec can be copied into the container. An unknown codec only fits Matroska. */
export function fits(container: Container, codec: string | null): boolean {
  return container === 'mkv' || (codec !== null && CODECS[container].has(codec));
}

/** True when players expect this audio in the container. */
export function isUsualAudio(container: Container, codec: string | null): boolean {
  return container === 'mp4' ? codec !== null && USUAL_IN_MP4.has(codec) : fits(container, codec);
}
