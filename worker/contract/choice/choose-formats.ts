/** The one decision which formats of a source an import takes. Pure, for the Worker and for downloaders. */
import { fits, isUsualAudio } from './containers.ts';
import { keepsAudio, keepsVideo, type AudioFormat, type MediaChoice } from './media-choice.ts';
import { audioRateOf, type MediaFormat } from './media-format.ts';
import {
  narrow,
  narrowToAudioQuality,
  narrowToCodecs,
  narrowToPreferred,
  narrowToVideoQuality,
  type Formats,
} from './narrow.ts';

/** `formats` are fetched: one, or video and audio to be merged. A track that the choice leaves out may be in it. */
export type FormatChoice =
  | { kind: 'chosen'; formats: readonly [MediaFormat] | readonly [MediaFormat, MediaFormat] }
  | { kind: 'refused'; code: 'no_media' | 'no_video_track' | 'no_audio_track' };

/** Codecs that need no conversion to a format. */
const CODECS_OF_FORMAT: Readonly<Record<AudioFormat, readonly string[]>> = {
  m4a: ['aac'],
  mp3: ['mp3'],
  opus: ['opus'],
  flac: ['flac', 'alac'],
  wav: ['flac', 'alac'],
};

/**
 * Chooses from the formats of a source, which are in its order, the best one last. In this order of importance: the
 * tracks, the container, the codecs, the quality, the order of the source. What the source does not offer is replaced by
 * the nearest, except a track that must be there. Without ffmpeg (`canMerge` is false), one format with both tracks is
 * preferred, however good two would be.
 */
export function chooseFormats(offered: Formats, choice: MediaChoice, canMerge = true): FormatChoice {
  const usable = offered.filter(({ hasVideo, hasAudio }) => hasVideo || hasAudio);
  const videos = usable.filter(({ hasVideo }) => hasVideo);
  const sounds = usable.filter(({ hasAudio }) => hasAudio);
  if (usable.length === 0) return { kind: 'refused', code: 'no_media' };
  if (!keepsAudio(choice)) {
    const fitting = canMerge ? videos : narrow(videos, isSilent);
    return chosen(pickVideo(fitting, choice, true)) ?? { kind: 'refused', code: 'no_video_track' };
  }
  if (!keepsVideo(choice) || videos.length === 0)
    return chosen(pickAudio(sounds, choice)) ?? { kind: 'refused', code: 'no_audio_track' };
  return chooseBoth(videos, sounds, choice, canMerge);
}

function chooseBoth(videos: Formats, sounds: Formats, choice: MediaChoice, canMerge: boolean): FormatChoice {
  const whole = videos.filter(({ hasAudio }) => hasAudio);
  const alone = sounds.filter(({ hasVideo }) => !hasVideo);
  const isAudioChosen = choice.audioQuality !== undefined || choice.audioCodecs !== undefined;
  const video = pickVideo(videos, choice, isAudioChosen && alone.length > 0);
  const one = pickVideo(whole, choice, false);
  if (one && (!canMerge || video?.hasAudio || alone.length === 0))
    return { kind: 'chosen', formats: [video?.hasAudio && canMerge ? video : one] };
  const audio = pickAudio(alone, choice);
  if (video && audio) return { kind: 'chosen', formats: [video, audio] };
  return chosen(video) ?? { kind: 'refused', code: 'no_media' };
}

function chosen(format: MediaFormat | undefined): FormatChoice | null {
  return format ? { kind: 'chosen', formats: [format] } : null;
}

/** Formats with the container and codecs of the choice, as far as the source offers them. */
export function suitableVideos(videos: Formats, { container, videoCodecs }: MediaChoice): Formats {
  const preferred = narrowToPreferred(videos);
  const fitting = container ? narrow(preferred, (format) => fitsWhole(format, container)) : preferred;
  return narrowToCodecs(fitting, videoCodecs ?? [], ({ videoCodec }) => videoCodec);
}

/** `prefersSilent`: of two formats of the same quality, the one without audio. */
function pickVideo(videos: Formats, choice: MediaChoice, prefersSilent: boolean): MediaFormat | undefined {
  const { videoQuality } = choice;
  const sized = narrowToVideoQuality(suitableVideos(videos, choice), videoQuality);
  const rest = prefersSilent ? narrow(sized, isSilent) : sized;
  return videoQuality === 'lowest' ? rest[0] : rest.at(-1);
}

/** The same for audio. */
export function suitableSounds(sounds: Formats, choice: MediaChoice): Formats {
  const { container, audioCodecs, audioFormat } = choice;
  const alone = narrowToPreferred(narrow(sounds, ({ hasVideo }) => !hasVideo));
  const fitting = container ? narrow(alone, ({ audioCodec }) => fits(container, audioCodec)) : alone;
  const usual = container
    ? narrow(fitting, ({ audioCodec }) => isUsualAudio(container, audioCodec))
    : fitting;
  const codecs = audioCodecs ?? (audioFormat ? CODECS_OF_FORMAT[audioFormat] : []);
  return narrowToCodecs(usual, codecs, ({ audioCodec }) => audioCodec);
}

function pickAudio(sounds: Formats, choice: MediaChoice): MediaFormat | undefined {
  const rest = narrowToAudioQuality(suitableSounds(sounds, choice), choice.audioQuality);
  const pick = choice.audioQuality === 'lowest' ? rest[0] : rest.at(-1);
  return pick?.hasVideo ? smallestWith(pick, sounds) : pick;
}

/** Of formats with the same audio, the one with the least video, which is thrown away. */
function smallestWith(pick: MediaFormat, sounds: Formats): MediaFormat {
  const rate = audioRateOf(pick);
  const same = sounds.filter(
    (format) => rate !== null && audioRateOf(format) === rate && isSame(format, pick),
  );
  return same.reduce((least, format) => (totalOf(format) < totalOf(least) ? format : least), pick);
}

function isSame(format: MediaFormat, { audioCodec, languagePreference, isLastResort }: MediaFormat): boolean {
  return (
    format.audioCodec === audioCodec &&
    format.languagePreference === languagePreference &&
    format.isLastResort === isLastResort
  );
}

function totalOf({ bitsPerSecond }: MediaFormat): number {
  return bitsPerSecond ?? Infinity;
}

function isSilent({ hasAudio }: MediaFormat): boolean {
  return !hasAudio;
}

/** A format whose codecs the source does not name is judged by its extension. */
function fitsWhole(format: MediaFormat, container: NonNullable<MediaChoice['container']>): boolean {
  const { videoCodec, audioCodec, hasAudio, extension } = format;
  const isNamed = extension === container;
  const fitsVideo = videoCodec === null ? isNamed : fits(container, videoCodec);
  return fitsVideo && (!hasAudio || (audioCodec === null ? isNamed : fits(container, audioCodec)));
}
