/** What is done with files of the job's folder to make the one that is stored. Pure. */
import { fits } from '../../../worker/contract/choice/containers.ts';
import {
  keepsAudio,
  keepsVideo,
  type AudioFormat,
  type AudioQuality,
  type Container,
  type MediaChoice,
} from '../../../worker/contract/choice/media-choice.ts';
import { JobFailure } from '../../job-failure.ts';
import type { AudioEncoder, Muxer, MuxPlan } from '../../process/ffmpeg-args.ts';
import type { InspectedFile } from './inspect-file.ts';
import { chooseAudioMuxer, chooseMuxer } from './muxers.ts';

export interface OutputPlan extends Pick<MuxPlan, 'muxer' | 'maps' | 'encoder'> {
  /** Video first. */
  inputs: readonly InspectedFile[];
  /** True when every track of the inputs is in the output, so that both have the same duration. */
  keepsAll: boolean;
  /** What a failure of ffmpeg means. */
  failure: 'merge_failed' | 'conversion_failed';
}

export interface OutputWish {
  choice: MediaChoice;
  /** Segments make transport streams or fragmented files, which are repackaged when ffmpeg is there. */
  isSegmented: boolean;
  hasFfmpeg: boolean;
}

interface AudioForm {
  container: string;
  muxer: Muxer;
  /** Codecs that are copied. */
  copies: readonly string[];
  encoder: AudioEncoder['name'];
  /** Bits per second for each quality; null for an encoder without loss. */
  rates: Readonly<Record<AudioQuality, number>> | null;
}

const KBIT = 1000;
const usual = (best: number) => ({
  lowest: 48 * KBIT,
  low: 64 * KBIT,
  medium: 128 * KBIT,
  high: 192 * KBIT,
  best: best * KBIT,
});
/** The quality of a conversion when none is asked for. */
const DEFAULT_QUALITY = 'high';

const FORMS: Readonly<Record<AudioFormat, AudioForm>> = {
  m4a: { container: 'mp4', muxer: 'mp4', copies: ['aac'], encoder: 'aac', rates: usual(256) },
  mp3: { container: 'mp3', muxer: 'mp3', copies: ['mp3'], encoder: 'libmp3lame', rates: usual(320) },
  opus: { container: 'ogg', muxer: 'ogg', copies: ['opus'], encoder: 'libopus', rates: usual(256) },
  flac: { container: 'flac', muxer: 'flac', copies: ['flac'], encoder: 'flac', rates: null },
  wav: { container: 'wav', muxer: 'wav', copies: [], encoder: 'pcm_s16le', rates: null },
};

const MUXERS: Readonly<Record<Container, Muxer>> = { mp4: 'mp4', webm: 'webm', mkv: 'matroska' };

/**
 * The plan for one whole file, or for video and audio; null when the only file is stored as it is. Throws JobFailure
 * `no_audio_track` or `no_video_track` when the only track that is asked for is missing, and `merge_failed`.
 */
export function planOutput(parts: readonly InspectedFile[], wish: OutputWish): OutputPlan | null {
  const inputs = inOrder(parts);
  const { choice } = wish;
  const video = inputs.find(({ facts }) => facts.videoCodec !== null)?.facts.videoCodec ?? null;
  const audio = inputs.findLast(({ facts }) => facts.audioCodec !== null)?.facts.audioCodec ?? null;
  if (!keepsVideo(choice) && audio === null) throw new JobFailure('no_audio_track');
  if (!keepsAudio(choice) && video === null) throw new JobFailure('no_video_track');
  if (choice.audioFormat && audio !== null) return planConversion(inputs, choice.audioFormat, audio, choice);
  return planCopy(inputs, {
    video: keepsVideo(choice) ? video : null,
    audio: keepsAudio(choice) ? audio : null,
    keepsAll: (keepsVideo(choice) || video === null) && (keepsAudio(choice) || audio === null),
    wish,
  });
}

/** True when a file of this kind, which holds audio alone, already has the form. */
export function hasForm(format: AudioFormat, container: string, codec: string | null): boolean {
  const form = FORMS[format];
  if (container !== form.container) return false;
  return format === 'wav' || (codec !== null && form.copies.includes(codec));
}

/** Bits per second of audio that is brought into a format; null when its encoder has no fixed rate. */
export function conversionRate(
  format: AudioFormat,
  codec: string | null,
  quality: AudioQuality = DEFAULT_QUALITY,
): number | 'copied' | null {
  const { copies, rates } = FORMS[format];
  return codec !== null && copies.includes(codec) ? 'copied' : (rates?.[quality] ?? null);
}

function planConversion(
  inputs: readonly InspectedFile[],
  format: AudioFormat,
  codec: string,
  { audioQuality = DEFAULT_QUALITY }: MediaChoice,
): OutputPlan | null {
  const [first] = inputs;
  const keepsAll = inputs.length === 1 && first?.facts.videoCodec === null;
  if (keepsAll && hasForm(format, first.facts.container, codec)) return null;
  const { muxer, copies, encoder: name, rates } = FORMS[format];
  const encoder = copies.includes(codec) ? null : { name, bitsPerSecond: rates?.[audioQuality] ?? null };
  const maps = [`${inputs.length - 1}:a:0`];
  return { inputs, muxer, maps, encoder, keepsAll, failure: 'conversion_failed' };
}

interface Kept {
  video: string | null;
  audio: string | null;
  keepsAll: boolean;
  wish: OutputWish;
}

/** Copies the tracks when there are two files, one track is left out, or the container changes. */
function planCopy(inputs: readonly InspectedFile[], kept: Kept): OutputPlan | null {
  const { video, audio, keepsAll, wish } = kept;
  const { choice, isSegmented, hasFfmpeg } = wish;
  const codecs = [video, audio].filter((codec) => codec !== null);
  const isRepackaged = needsContainer(choice, inputs, codecs) && hasFfmpeg;
  const isOne = inputs.length === 1;
  if (isOne && keepsAll && !isRepackaged && !(isSegmented && hasFfmpeg)) return null;
  const fitting = choice.container && codecs.every((codec) => fits(choice.container ?? 'mkv', codec));
  const usual = video === null && !keepsAll ? chooseAudioMuxer(audio ?? '') : chooseMuxer(codecs);
  return {
    inputs,
    muxer: fitting && choice.container ? MUXERS[choice.container] : usual,
    maps: streamsOf(kept, isOne),
    encoder: null,
    keepsAll,
    failure: isOne && (!keepsAll || isRepackaged) ? 'conversion_failed' : 'merge_failed',
  };
}

function streamsOf({ video, audio, keepsAll }: Kept, isOne: boolean): string[] {
  if (!isOne) return ['0:v:0', '1:a:0'];
  if (keepsAll) return ['0:v?', '0:a?'];
  return [...(video === null ? [] : ['0:v:0']), ...(audio === null ? [] : ['0:a:0'])];
}

/** True when the only file is in another container than the asked one, which can hold its tracks. */
function needsContainer(
  { container }: MediaChoice,
  [first]: readonly InspectedFile[],
  codecs: readonly string[],
): boolean {
  if (container === undefined || codecs.length === 0 || !codecs.every((codec) => fits(container, codec)))
    return false;
  return !isInContainer(container, first?.facts.container ?? '');
}

/** True when `actual`, our name of the container of a file, is the asked one. */
export function isInContainer(asked: Container, actual: string): boolean {
  return MUXERS[asked] === actual;
}

/** Video first, by the contents of the files, not by the page. */
function inOrder(parts: readonly InspectedFile[]): readonly InspectedFile[] {
  if (parts.length === 1) return parts;
  const video = parts.find(({ facts }) => facts.videoCodec !== null);
  const audio = parts.find((part) => part !== video && part.facts.audioCodec !== null);
  if (!video || !audio) throw new JobFailure('merge_failed', 'not one video and one audio file');
  return [video, audio];
}
