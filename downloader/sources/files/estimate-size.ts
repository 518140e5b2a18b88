/** How large the stored file of a choice is, as far as the source tells. Pure. */
import { sizeAtRate, sizeOfFormat, type FormatSize } from '../../../worker/contract/choice/format-size.ts';
import { keepsAudio, keepsVideo, type MediaChoice } from '../../../worker/contract/choice/media-choice.ts';
import { audioRateOf, type MediaFormat } from '../../../worker/contract/choice/media-format.ts';
import { conversionRate } from './output-plan.ts';

/** True when everything that is downloaded is stored. */
export function storesWhole(chosen: readonly MediaFormat[], choice: MediaChoice): boolean {
  if (choice.audioFormat !== undefined) return false;
  return chosen.every(
    ({ hasVideo, hasAudio }) => (keepsVideo(choice) || !hasVideo) && (keepsAudio(choice) || !hasAudio),
  );
}

/** The size of what is stored of the chosen formats. Repackaging and merging change it a little. */
export function estimateSize(
  chosen: readonly MediaFormat[],
  choice: MediaChoice,
  durationSeconds: number | null,
): FormatSize {
  if (storesWhole(chosen, choice)) {
    const sizes = chosen.map((format) => sizeOfFormat(format, durationSeconds));
    const bytes = sizes.reduce<number | null>(
      (sum, size) => (sum === null || size.bytes === null ? null : sum + size.bytes),
      0,
    );
    const isKept = choice.container === undefined || chosen[0]?.extension === choice.container;
    return { bytes: bytes || null, isExact: chosen.length === 1 && isKept && (sizes[0]?.isExact ?? false) };
  }
  const rate = keepsVideo(choice) ? videoRate(chosen) : audioRate(chosen, choice);
  return { bytes: sizeAtRate(rate, durationSeconds), isExact: false };
}

function videoRate(chosen: readonly MediaFormat[]): number | null {
  return chosen.find(({ hasVideo }) => hasVideo)?.videoBitsPerSecond ?? null;
}

function audioRate(
  chosen: readonly MediaFormat[],
  { audioFormat, audioQuality }: MediaChoice,
): number | null {
  const format = chosen.findLast(({ hasAudio }) => hasAudio);
  const converted = audioFormat && conversionRate(audioFormat, format?.audioCodec ?? null, audioQuality);
  if (converted !== undefined && converted !== 'copied') return converted;
  return format ? audioRateOf(format) : null;
}
