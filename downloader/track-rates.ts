/** What the tracks of a file run at, from numbers that a check meets anyway. Pure. */
import type { MediaFacts, TrackRates } from '../worker/contract/media.ts';

/** The facts of a checked file, with its rates. */
export interface CheckedFacts extends MediaFacts {
  rates: TrackRates;
}

export const NO_RATES: TrackRates = {
  framesPerSecond: null,
  videoBitsPerSecond: null,
  audioBitsPerSecond: null,
};

/** More frames a second are an error of the file. */
const MAX_FRAMES_PER_SECOND = 1000;

/** Rounded to thousandths: 29.97. */
export function frameRate(frames: number, seconds: number): number | null {
  const rate = Math.round((frames / seconds) * 1000) / 1000;
  return rate > 0 && rate <= MAX_FRAMES_PER_SECOND ? rate : null;
}

export function bitRate(bytes: number, seconds: number): number | null {
  const rate = Math.round((bytes * 8) / seconds);
  return rate > 0 && Number.isSafeInteger(rate) ? rate : null;
}

/** The first rates, and what they lack from the others. */
export function fillRates(rates: TrackRates, others: TrackRates): TrackRates {
  return {
    framesPerSecond: rates.framesPerSecond ?? others.framesPerSecond,
    videoBitsPerSecond: rates.videoBitsPerSecond ?? others.videoBitsPerSecond,
    audioBitsPerSecond: rates.audioBitsPerSecond ?? others.audioBitsPerSecond,
  };
}

/** Nearly all bytes of a file are those of its tracks, so the size gives the rate of the only one, or of the video beside known audio. */
export function ratesOf(
  { rates, durationSeconds, videoCodec, audioCodec }: CheckedFacts,
  sizeBytes: number,
): TrackRates {
  const total = durationSeconds === null ? null : bitRate(sizeBytes, durationSeconds);
  if (total === null) return rates;
  const audio = rates.audioBitsPerSecond ?? (videoCodec === null && audioCodec !== null ? total : null);
  const rest = audioCodec === null ? total : audio === null ? 0 : total - audio;
  const video = rates.videoBitsPerSecond ?? (videoCodec !== null && rest > 0 ? rest : null);
  return { ...rates, videoBitsPerSecond: video, audioBitsPerSecond: audio };
}
