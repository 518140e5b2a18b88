/** The fields of a request that say what is taken from a source. The same fields are asked of imports and of estimates. */
import { z } from 'zod';
import {
  AudioCodec,
  AudioFormat,
  AudioQuality,
  Container,
  SELECTOR,
  VideoCodec,
  VideoQuality,
  type MediaChoice,
  type VideoTarget,
} from '../choice/media-choice.ts';

/** Names that are common for two of our codecs. */
const CODEC_ALIASES = { h264: 'avc', h265: 'hevc' } as const;

const VideoCodecName = z.enum([...VideoCodec.options, 'h264', 'h265']);
const preferences = <Name extends z.ZodType>(name: Name) => z.union([name, z.array(name).min(1).max(5)]);

/** In the order in which the guide lists them. */
export const mediaChoiceFields = {
  includeVideo: z.boolean().optional().describe('False: take the audio alone. Default: true.'),
  includeAudio: z.boolean().optional().describe('False: take the video alone. Default: true.'),
  videoQuality: VideoQuality.optional().describe(
    'The size of the video by its shorter side, so a portrait video of 1080 × 1920 is 1080p. Takes the nearest size that is not larger, else the smallest. Default: best.',
  ),
  audioQuality: AudioQuality.optional().describe(
    'The bit rate of the audio: low is about 64 kbit/s, medium 128, high 192. Default: best.',
  ),
  container: Container.optional().describe(
    'The container of the file. Tracks are copied into it without conversion. Default: the one that suits the codecs.',
  ),
  videoCodec: preferences(VideoCodecName)
    .optional()
    .describe(
      'A codec, or several in order of preference. Another one is taken only if none of them is offered.',
    ),
  audioCodec: preferences(AudioCodec).optional().describe('The same for the audio.'),
  audioFormat: AudioFormat.optional().describe(
    'Takes the audio alone and converts it to this format, unless the source has it.',
  ),
  maxBytes: z
    .int()
    .positive()
    .optional()
    .describe('The import fails if the stored file would be larger. Default: the limit of the service.'),
  maxDurationSeconds: z
    .number()
    .positive()
    .optional()
    .describe('The import fails if the media is longer. Default: the limit of the service.'),
  maxCostInDollars: z
    .number()
    .nonnegative()
    .optional()
    .describe('The import fails if it would cost more. Default: no limit.'),
  format: z
    .union([z.string().min(1).max(200), z.int().min(1).max(10_000)])
    .optional()
    .describe(
      'Older field of Importly: "720p", 720, "best", "worst", "bestaudio", "bestvideo", or a format selector of yt-dlp for one file. Overrides quality.',
    ),
  quality: z
    .enum(['low', 'medium', 'high'])
    .optional()
    .describe('Older field of Importly: low is 360p, medium 720p, high the best quality.'),
};

const Fields = z.object(mediaChoiceFields);
export type MediaChoiceFields = z.infer<typeof Fields>;

const OLDER_QUALITIES = { low: 360, medium: 720, high: 'best' } as const;
const OLDER_FORMATS: Readonly<Record<string, MediaChoice>> = {
  best: { videoQuality: 'best' },
  worst: { videoQuality: 'lowest', audioQuality: 'lowest' },
  bestaudio: { includeVideo: false, audioQuality: 'best' },
  worstaudio: { includeVideo: false, audioQuality: 'lowest' },
  bestvideo: { includeAudio: false, videoQuality: 'best' },
  worstvideo: { includeAudio: false, videoQuality: 'lowest' },
};

/** What the older fields mean, in the newer ones. */
function fromOlder({ format, quality }: MediaChoiceFields): MediaChoice {
  if (format === undefined) return quality === undefined ? {} : { videoQuality: OLDER_QUALITIES[quality] };
  const lines = /^([1-9]\d{0,3})p?$/i.exec(String(format).trim())?.[1];
  if (lines !== undefined) return { videoQuality: Number(lines) };
  const text = String(format).trim();
  return Object.hasOwn(OLDER_FORMATS, text) ? (OLDER_FORMATS[text] ?? {}) : { selector: text };
}

function targetOf(quality: VideoQuality): VideoTarget {
  return quality === 'lowest' || quality === 'best' ? quality : Number.parseInt(quality, 10);
}

function codecOf(name: z.infer<typeof VideoCodecName>): z.infer<typeof VideoCodec> {
  return name === 'h264' || name === 'h265' ? CODEC_ALIASES[name] : name;
}

/** The choice that a request makes. Null when it makes none. */
export function toMediaChoice(request: MediaChoiceFields): MediaChoice | null {
  const { includeVideo, includeAudio, videoQuality, audioQuality, container, audioFormat } = request;
  const videoCodecs = request.videoCodec === undefined ? undefined : [request.videoCodec].flat().map(codecOf);
  const audioCodecs = request.audioCodec === undefined ? undefined : [request.audioCodec].flat();
  const newer = {
    includeVideo,
    includeAudio,
    videoQuality: videoQuality && targetOf(videoQuality),
    audioQuality,
    container,
    videoCodecs,
    audioCodecs,
    audioFormat,
  };
  const asked = Object.entries(newer).filter(([, value]) => value !== undefined);
  const choice: MediaChoice = { ...fromOlder(request), ...Object.fromEntries(asked) };
  return Object.keys(choice).length === 0 ? null : choice;
}

interface Problem {
  field: keyof MediaChoiceFields;
  message: string;
}

/** Fields that contradict each other, and selectors that are not valid. */
export function choiceProblems(request: MediaChoiceFields): Problem[] {
  const { includeVideo, includeAudio, audioFormat, container, format, videoQuality } = request;
  const choice = toMediaChoice(request) ?? {};
  const rules: readonly (readonly [boolean, keyof MediaChoiceFields, string])[] = [
    [
      choice.includeVideo === false && choice.includeAudio === false,
      includeAudio === false ? 'includeAudio' : 'includeVideo',
      'nothing is left when includeVideo and includeAudio are false',
    ],
    [
      includeVideo === true && audioFormat !== undefined,
      'audioFormat',
      'takes the audio alone, so includeVideo must not be true',
    ],
    [
      choice.includeAudio === false && audioFormat !== undefined,
      'audioFormat',
      'needs audio, which includeAudio leaves out',
    ],
    [
      container !== undefined && audioFormat !== undefined,
      'container',
      'audioFormat already decides the container',
    ],
    [
      format !== undefined && videoQuality !== undefined,
      'format',
      'decides the quality as videoQuality does; send only one of them',
    ],
    [
      choice.selector !== undefined && !SELECTOR.test(choice.selector),
      'format',
      'must be a quality such as "720p", or a format selector of yt-dlp without commas, quotes and braces',
    ],
  ];
  return rules.flatMap(([isBroken, field, message]) => (isBroken ? [{ field, message }] : []));
}
