/** The formats of a source as clients read them, in the current and in the older form, and the estimate of an import. */
import type { Config } from '../config.ts';
import type { MetadataViewOf } from '../contract/api/metadata/view.ts';
import { sizeOfFormat, type FormatSize } from '../contract/choice/format-size.ts';
import { SELECTOR } from '../contract/choice/media-choice.ts';
import { audioRateOf, linesOf, type MediaFormat } from '../contract/choice/media-format.ts';
import { costMicrodollars } from '../contract/cost.ts';
import type { SourceMetadata } from '../contract/downloader/metadata.ts';
import { toPublicFailure } from '../contract/failure.ts';
import { costInDollars, creditsOf } from './money.ts';

type Completed = MetadataViewOf<'completed'>;

/** The members of completed metadata about formats. */
export function describeFormats(
  { PRICE_PER_MB_USD: price }: Pick<Config, 'PRICE_PER_MB_USD'>,
  { formats, durationSeconds, estimate }: SourceMetadata,
): Pick<Completed, 'formats' | 'availableFormats' | 'estimate'> {
  const sized = formats.map((format) => ({
    format,
    size: toSize(sizeOfFormat(format, durationSeconds), price),
  }));
  return {
    formats: sized.map(({ format, size }) => ({ ...toFormat(format), ...size })),
    availableFormats: sized.map(({ format, size }) => toOlder(format, size)),
    estimate: toEstimate(estimate, price),
  };
}

type Size = Pick<
  Completed['formats'][number],
  'fileSizeBytes' | 'isSizeExact' | 'costInDollars' | 'costInMicrodollars'
>;

function toSize({ bytes, isExact }: FormatSize, pricePerMbUsd: number): Size {
  const microdollars = bytes === null ? null : costMicrodollars(bytes, pricePerMbUsd);
  return {
    fileSizeBytes: bytes,
    isSizeExact: isExact,
    costInDollars: microdollars === null ? null : costInDollars(microdollars),
    costInMicrodollars: microdollars,
  };
}

function toFormat(format: MediaFormat): Omit<Completed['formats'][number], keyof Size> {
  const { id: formatId, estimatedBytes: _, sizeBytes: _declared, isSegmented: _segmented, ...rest } = format;
  const { languagePreference: _language, isLastResort: _last, ...shown } = rest;
  return { formatId, ...shown, quality: linesText(format) };
}

function linesText(format: MediaFormat): string | null {
  const lines = format.hasVideo ? linesOf(format) : null;
  return lines === null ? null : `${lines}p`;
}

/** Names of formats may have characters that are not allowed in selectors; then the quality selects. */
function toOlder(format: MediaFormat, { costInMicrodollars }: Size): Completed['availableFormats'][number] {
  const { id: formatId, extension: ext, hasVideo, hasAudio, videoCodec, audioCodec, height } = format;
  const isAudioOnly = !hasVideo;
  const byId = hasVideo && !hasAudio ? `${formatId}+bestaudio` : formatId;
  const lines = linesText(format);
  const byQuality = isAudioOnly ? 'bestaudio' : (lines ?? 'best');
  const rate = audioRateOf(format);
  const quality = isAudioOnly
    ? rate === null
      ? 'audio'
      : `${Math.round(rate / 1000)} kbit/s`
    : (lines ?? 'video');
  const codecs = [videoCodec, audioCodec].filter((codec) => codec !== null).join(', ');
  const tracks = hasVideo && hasAudio ? '' : hasVideo ? ', video only' : ', audio only';
  return {
    formatId,
    selector: SELECTOR.test(byId) ? byId : byQuality,
    ext,
    quality,
    costInCredits: costInMicrodollars === null ? null : creditsOf(costInMicrodollars),
    description: `${quality}${ext === null ? '' : ` ${ext}`}${codecs === '' ? '' : ` (${codecs})`}${tracks}`,
    height,
    isAudioOnly,
    codec: { video: videoCodec, audio: audioCodec },
  };
}

function toEstimate(estimate: SourceMetadata['estimate'], price: number): Completed['estimate'] {
  const { formatIds, refusal, ...size } = estimate ?? {
    formatIds: [],
    refusal: null,
    bytes: null,
    isExact: false,
  };
  return {
    importable: refusal === null,
    reason: refusal && toPublicFailure(refusal),
    formatIds,
    ...toSize(size, price),
  };
}
