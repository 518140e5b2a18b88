/** Why a file differs from what was asked for. Pure. */
import { z } from 'zod';
import { TrackRates, type MediaFacts } from '../media.ts';
import { suitableSounds, suitableVideos } from './choose-formats.ts';
import { fits } from './containers.ts';
import type { MediaChoice } from './media-choice.ts';
import { audioRateOf, linesOf, type MediaFormat } from './media-format.ts';
import { audioTarget, isQuality } from './narrow.ts';

/** Longer texts are truncated before they are sent. */
const MAX_CHARACTERS = { requested: 200, actual: 80, reason: 300 };

/** `field` is a field of the request. */
export const Difference = z.strictObject({
  field: z
    .enum([
      'includeVideo',
      'includeAudio',
      'videoQuality',
      'audioQuality',
      'container',
      'videoCodec',
      'audioCodec',
      'format',
    ])
    .meta({ description: 'The field of the request.' }),
  requested: z
    .string()
    .max(MAX_CHARACTERS.requested)
    .meta({ description: 'What the field asked for.', example: '1080p' }),
  actual: z
    .string()
    .max(MAX_CHARACTERS.actual)
    .nullable()
    .meta({ description: 'What the file has. Null when it has nothing of the kind.', example: '720p' }),
  reason: z
    .string()
    .max(MAX_CHARACTERS.reason)
    .meta({ description: 'Why they differ.', example: 'The source offers no larger video.' }),
});
export type Difference = z.infer<typeof Difference>;

/** What is reported of a stored file besides its facts. */
export const MediaDetails = z.strictObject({
  rates: TrackRates,
  differences: z.array(Difference).max(10),
});
export type MediaDetails = z.infer<typeof MediaDetails>;

/** The finished file, and the formats that were offered; null when the source is one file. */
export interface Outcome {
  facts: MediaFacts;
  rates: TrackRates;
  offered: readonly MediaFormat[] | null;
}

const ONE_FILE = 'The source is one file, which is offered in one form only.';
/** A rate counts as the quality that was asked for within these bounds. */
const RATE_BOUNDS = { least: 0.6, most: 1.35 };

/** Compares the file with the choice. What a source does not offer is no failure, so it is told here. */
export function explainDifferences(choice: MediaChoice, outcome: Outcome): Difference[] {
  const { facts } = outcome;
  // It has neither tracks nor a choice of qualities.
  const isPicture = facts.videoCodec === null && facts.audioCodec === null;
  return [
    ...(isPicture ? [] : differencesOfTracks(choice, outcome)),
    ...selectorIgnored(choice, outcome),
  ].map(truncated);
}

function truncated({ field, requested, actual, reason }: Difference): Difference {
  return {
    field,
    requested: requested.slice(0, MAX_CHARACTERS.requested),
    actual: actual?.slice(0, MAX_CHARACTERS.actual) ?? null,
    reason: reason.slice(0, MAX_CHARACTERS.reason),
  };
}

function differencesOfTracks(choice: MediaChoice, outcome: Outcome): Difference[] {
  const { facts } = outcome;
  return [
    ...missingTracks(choice, facts),
    ...videoQuality(choice, outcome),
    ...audioQuality(choice, outcome),
    ...container(choice, facts),
    ...codec('videoCodec', choice.videoCodecs, facts.videoCodec, outcome),
    ...codec('audioCodec', choice.audioFormat ? undefined : choice.audioCodecs, facts.audioCodec, outcome),
  ];
}

function missingTracks({ includeVideo, includeAudio }: MediaChoice, facts: MediaFacts): Difference[] {
  const missing = (field: 'includeVideo' | 'includeAudio', track: string): Difference => ({
    field,
    requested: 'true',
    actual: 'false',
    reason: `The source has no ${track}.`,
  });
  return [
    ...(includeVideo && facts.videoCodec === null ? [missing('includeVideo', 'video')] : []),
    ...(includeAudio && facts.audioCodec === null ? [missing('includeAudio', 'audio')] : []),
  ];
}

function videoQuality(choice: MediaChoice, { facts, offered }: Outcome): Difference[] {
  const { videoQuality: wanted } = choice;
  const lines = facts.videoCodec === null ? null : linesOf(facts);
  if (typeof wanted !== 'number' || lines === null || isQuality(lines, wanted)) return [];
  const videos = suitableVideos(offered?.filter(({ hasVideo }) => hasVideo) ?? [], choice);
  const reason = offered ? offers(videos.map(linesOf), 'p', choice) : ONE_FILE;
  return [{ field: 'videoQuality', requested: `${wanted}p`, actual: `${lines}p`, reason }];
}

function audioQuality(choice: MediaChoice, { rates, offered }: Outcome): Difference[] {
  const { audioQuality: wanted } = choice;
  const target = audioTarget(wanted);
  const rate = rates.audioBitsPerSecond;
  if (!wanted || !target || rate === null || choice.audioFormat) return [];
  if (rate >= target * RATE_BOUNDS.least && rate <= target * RATE_BOUNDS.most) return [];
  const sounds = suitableSounds(offered?.filter(({ hasAudio }) => hasAudio) ?? [], choice);
  const offeredRates = sounds.map(audioRateOf).map((bits) => bits && Math.round(bits / 1000));
  const reason = offered ? offers(offeredRates, ' kbit/s', choice) : ONE_FILE;
  const actual = `${Math.round(rate / 1000)} kbit/s`;
  return [{ field: 'audioQuality', requested: wanted, actual, reason }];
}

/** `The source offers 240p, 360p and 720p.` */
function offers(values: readonly (number | null)[], unit: string, choice: MediaChoice): string {
  const known = [...new Set(values.filter((value) => value !== null))].sort((a, b) => a - b);
  if (known.length === 0) return 'The source does not say what it offers.';
  const narrowed = choice.container || choice.videoCodecs || choice.audioCodecs;
  const under = narrowed ? ' in the chosen container and codecs' : '';
  return `The source offers ${listOf(known.map((value) => `${value}${unit}`))}${under}.`;
}

function listOf(words: readonly string[]): string {
  const [last, ...others] = words.slice(-12).toReversed();
  return others.length === 0 ? `${last}` : `${others.toReversed().join(', ')} and ${last}`;
}

const CONTAINER_NAMES: Readonly<Record<string, string>> = { matroska: 'mkv' };

function container({ container: wanted }: MediaChoice, facts: MediaFacts): Difference[] {
  const actual = CONTAINER_NAMES[facts.container] ?? facts.container;
  if (wanted === undefined || actual === wanted) return [];
  const unfit = [facts.videoCodec, facts.audioCodec].filter((name) => name !== null && !fits(wanted, name));
  const reason =
    unfit.length > 0
      ? `${wanted} does not hold ${unfit.join(' or ')}.`
      : 'The file is too large to be repackaged, or ffmpeg is not installed.';
  return [{ field: 'container', requested: wanted, actual, reason }];
}

function codec(
  field: 'videoCodec' | 'audioCodec',
  wanted: readonly string[] | undefined,
  actual: string | null,
  { offered }: Outcome,
): Difference[] {
  if (wanted === undefined || actual === null || wanted.includes(actual)) return [];
  const key = field === 'videoCodec' ? 'videoCodec' : 'audioCodec';
  const names = [...new Set(offered?.map((format) => format[key]).filter((name) => name !== null))];
  const known =
    names.length > 0 ? `The source offers ${listOf(names)}.` : 'The source does not name its codecs.';
  return [{ field, requested: wanted.join(', '), actual, reason: offered ? known : ONE_FILE }];
}

/** Only a site with formats can be asked with a selector. */
function selectorIgnored({ selector }: MediaChoice, { offered }: Outcome): Difference[] {
  if (selector === undefined || offered !== null) return [];
  return [{ field: 'format', requested: selector, actual: null, reason: ONE_FILE }];
}
