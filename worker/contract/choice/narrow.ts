/** Narrows a list of formats to those that suit a choice. The list is in the order of the source, its best format last. Pure. */
import type { AudioQuality, VideoTarget } from './media-choice.ts';
import { audioRateOf, linesOf, type MediaFormat } from './media-format.ts';

export type Formats = readonly MediaFormat[];

/** Encoders round sizes up: 1088 lines are 1080p. */
const LINES_TOLERANCE = 1.02;
/** The average rate of a stream differs from its nominal rate. */
const RATE_TOLERANCE = 1.1;
/** Rates closer than this are one quality, so that the order of the source decides between them. */
const SAME_RATE = 0.95;

/** Bits per second that are meant by a quality. */
const AUDIO_RATES = { low: 64_000, medium: 128_000, high: 192_000 } as const;

/** The formats that pass, or all of them when none does. */
export function narrow(formats: Formats, passes: (format: MediaFormat) => boolean): Formats {
  const passing = formats.filter(passes);
  return passing.length > 0 ? passing : formats;
}

/** Formats of the first codec in the order of preference that any format has. */
export function narrowToCodecs(
  formats: Formats,
  codecs: readonly string[],
  codecOf: (format: MediaFormat) => string | null,
): Formats {
  const codec = codecs.find((wanted) => formats.some((format) => codecOf(format) === wanted));
  return codec === undefined ? formats : formats.filter((format) => codecOf(format) === codec);
}

/** Leaves out last resorts and other languages than that of the best format. */
export function narrowToPreferred(formats: Formats): Formats {
  const good = narrow(formats, ({ isLastResort }) => !isLastResort);
  const language = good.at(-1)?.languagePreference;
  return narrow(good, ({ languagePreference }) => languagePreference === language);
}

/** True when a size counts as this quality. */
export function isQuality(lines: number, wanted: number): boolean {
  return lines <= wanted * LINES_TOLERANCE && lines * LINES_TOLERANCE >= wanted;
}

/**
 * Formats of one size: the largest that is not larger than the quality, else the smallest. Without a quality, the size of
 * the best format. Formats of unknown size count only when no size is known.
 */
export function narrowToVideoQuality(formats: Formats, wanted: VideoTarget = 'best'): Formats {
  const sizes = formats.map(linesOf).filter((lines) => lines !== null);
  const best = formats.at(-1);
  const bestLines = best ? linesOf(best) : null;
  if (sizes.length === 0 || (wanted === 'best' && bestLines === null)) return oneOf(formats, wanted);
  const lines = wanted === 'best' ? bestLines : nearest(sizes, wanted, LINES_TOLERANCE);
  return formats.filter((format) => linesOf(format) === lines);
}

/** Formats of about one rate of audio, chosen in the same way. */
export function narrowToAudioQuality(formats: Formats, wanted: AudioQuality = 'best'): Formats {
  const rates = formats.map(audioRateOf).filter((rate) => rate !== null);
  if (wanted === 'best' || rates.length === 0) return oneOf(formats, wanted);
  const limit = wanted === 'lowest' ? wanted : AUDIO_RATES[wanted];
  const rate = nearest(rates, limit, RATE_TOLERANCE);
  return formats.filter((format) => isSameRate(audioRateOf(format), rate));
}

/** Bits per second that an encoder aims at for a quality; null for the ends of the scale. */
export function audioTarget(quality: AudioQuality | undefined): number | null {
  return quality === undefined || quality === 'best' || quality === 'lowest' ? null : AUDIO_RATES[quality];
}

function oneOf(formats: Formats, wanted: VideoTarget | AudioQuality): Formats {
  return wanted === 'lowest' ? formats.slice(0, 1) : formats.slice(-1);
}

function nearest(values: readonly number[], limit: number | 'lowest', tolerance: number): number {
  const below = limit === 'lowest' ? [] : values.filter((value) => value <= limit * tolerance);
  // A page can list more formats than a call can have arguments.
  return below.length > 0
    ? below.reduce((most, value) => Math.max(most, value))
    : values.reduce((least, value) => Math.min(least, value));
}

function isSameRate(rate: number | null, other: number): boolean {
  return rate !== null && Math.min(rate, other) >= Math.max(rate, other) * SAME_RATE;
}
