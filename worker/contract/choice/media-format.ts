/** One of the formats that a source offers, in a form that does not depend on who lists it. Imports zod only. */
import { z } from 'zod';

const positive = z.number().positive().nullable();

/**
 * A track that the source does not mention counts as present, as yt-dlp does. Everything else is null when unknown. Codecs
 * have our names.
 */
export const MediaFormat = z.strictObject({
  id: z.string().max(300),
  hasVideo: z.boolean(),
  hasAudio: z.boolean(),
  videoCodec: z.string().max(60).nullable(),
  audioCodec: z.string().max(60).nullable(),
  /** The usual extension of its file. */
  extension: z.string().max(20).nullable(),
  width: positive,
  height: positive,
  framesPerSecond: positive,
  /** Of the whole format, of its video and of its audio. */
  bitsPerSecond: positive,
  videoBitsPerSecond: positive,
  audioBitsPerSecond: positive,
  /** As the source declares it; `estimatedBytes` is computed from bit rates. */
  sizeBytes: positive,
  estimatedBytes: positive,
  /** True for HLS and DASH, whose media comes in segments. */
  isSegmented: z.boolean(),
  /** Higher for a language that the source prefers, such as the original one. */
  languagePreference: z.number(),
  /** True when the source marks it as worse than its numbers say, such as a video with a watermark. */
  isLastResort: z.boolean(),
});
export type MediaFormat = z.infer<typeof MediaFormat>;

/** Lines of the shorter side; null when the size is unknown. */
export function linesOf({ width, height }: Pick<MediaFormat, 'width' | 'height'>): number | null {
  return width === null || height === null ? height : Math.min(width, height);
}

/** Bits per second of its audio, also of a format that is audio alone and declares only a total. */
export function audioRateOf(format: MediaFormat): number | null {
  return format.audioBitsPerSecond ?? (format.hasVideo ? null : format.bitsPerSecond);
}

/** The first letters of a codec string of RFC 6381 or of a common name, and our name. */
const CODECS: readonly (readonly [RegExp, string])[] = [
  [/^(?:avc[1-4]|h\.?264|avc$)/, 'avc'],
  [/^(?:hev1|hvc1|dvh[1e]|h\.?265|hevc|bytevc1)/, 'hevc'],
  [/^(?:av01|av1)/, 'av1'],
  [/^(?:vp09|vp9)/, 'vp9'],
  [/^(?:vp08|vp8)/, 'vp8'],
  [/^mp4v/, 'mpeg4'],
  [/^mp4a\.(?:69|6b|40\.34)/, 'mp3'],
  [/^mp4a|^aac/, 'aac'],
  [/^mp3/, 'mp3'],
  [/^e-?ac-?3/, 'eac3'],
  [/^ec-3/, 'eac3'],
  [/^ac-?3/, 'ac3'],
];

/** Our name of a codec that a source names. */
export function codecName(text: string): string {
  const lower = text.trim().toLowerCase();
  const known = CODECS.find(([pattern]) => pattern.test(lower))?.[1];
  return known ?? (/^[a-z0-9_-]{1,60}/.exec(lower)?.[0] || 'unknown');
}
