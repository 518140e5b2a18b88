/** Formats as yt-dlp lists them, in the form that a choice compares. */
import { z } from 'zod';
import { audioRateOf, codecName, type MediaFormat } from '../../../worker/contract/choice/media-format.ts';
import type { TrackRates } from '../../../worker/contract/media.ts';

/** Ways of download that yt-dlp's own downloaders know and the proxy can carry. */
const PROTOCOLS = new Set(['http', 'https', 'm3u8', 'm3u8_native', 'http_dash_segments', 'ism']);
/** What yt-dlp assumes when an extractor states no preference; watermarks and broken formats are below it. */
const USUAL_PREFERENCE = -1;

/** Members of a format that are read. Numbers may be missing, null or zero. */
export const YtdlpFormat = z.looseObject({
  format_id: z.string().optional(),
  protocol: z.string().optional(),
  ext: z.string().nullish(),
  vcodec: z.string().nullish(),
  acodec: z.string().nullish(),
  width: z.number().nullish(),
  height: z.number().nullish(),
  fps: z.number().nullish(),
  tbr: z.number().nullish(),
  vbr: z.number().nullish(),
  abr: z.number().nullish(),
  filesize: z.number().nullish(),
  filesize_approx: z.number().nullish(),
  preference: z.number().nullish(),
  language_preference: z.number().nullish(),
  has_drm: z.union([z.boolean(), z.literal('maybe')]).nullish(),
});
export type YtdlpFormat = z.infer<typeof YtdlpFormat>;

/** True for a format that can be downloaded. */
export function isFetchable({ protocol, has_drm }: YtdlpFormat): boolean {
  return has_drm !== true && PROTOCOLS.has(protocol ?? '');
}

/** `id` replaces the name of the format. A codec that yt-dlp does not know is a track that may be there. */
export function toMediaFormat(format: YtdlpFormat, id: string): MediaFormat {
  const { protocol, ext, vcodec, acodec } = format;
  return {
    id,
    hasVideo: vcodec !== 'none',
    hasAudio: acodec !== 'none',
    videoCodec: codecOf(vcodec),
    audioCodec: codecOf(acodec),
    extension: ext?.slice(0, 20) ?? null,
    width: known(format.width),
    height: known(format.height),
    framesPerSecond: known(format.fps),
    bitsPerSecond: bits(format.tbr),
    videoBitsPerSecond: bits(format.vbr),
    audioBitsPerSecond: bits(format.abr),
    sizeBytes: known(format.filesize),
    estimatedBytes: known(format.filesize_approx),
    isSegmented: protocol !== 'http' && protocol !== 'https',
    languagePreference: format.language_preference ?? USUAL_PREFERENCE,
    isLastResort: (format.preference ?? USUAL_PREFERENCE) < USUAL_PREFERENCE,
  };
}

function codecOf(text: string | null | undefined): string | null {
  return !text || text === 'none' ? null : codecName(text);
}

function known(value: number | null | undefined): number | null {
  return value && value > 0 ? value : null;
}

function bits(kilobits: number | null | undefined): number | null {
  const value = Math.round((known(kilobits) ?? 0) * 1000);
  return value > 0 && Number.isSafeInteger(value) ? value : null;
}

/** What a site states about the formats that were downloaded, for files that do not tell. */
export function declaredRates(formats: readonly MediaFormat[]): TrackRates {
  const video = formats.find(({ hasVideo }) => hasVideo);
  const audio = formats.findLast(({ hasAudio }) => hasAudio);
  return {
    framesPerSecond: video?.framesPerSecond ?? null,
    videoBitsPerSecond: video?.videoBitsPerSecond ?? null,
    audioBitsPerSecond: audio ? audioRateOf(audio) : null,
  };
}
