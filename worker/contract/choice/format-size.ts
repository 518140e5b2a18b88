/** How large the file of a format is, as far as its source tells. Pure. */
import type { MediaFormat } from './media-format.ts';

export interface FormatSize {
  bytes: number | null;
  /** False for an estimate by bit rates. */
  isExact: boolean;
}

/** The declared size, else an estimate, else null. */
export function sizeOfFormat(format: MediaFormat, durationSeconds: number | null): FormatSize {
  const { sizeBytes, estimatedBytes, bitsPerSecond } = format;
  if (sizeBytes !== null) return { bytes: toBytes(sizeBytes), isExact: !format.isSegmented };
  const bytes = estimatedBytes ?? sizeAtRate(bitsPerSecond, durationSeconds);
  return { bytes: bytes === null ? null : toBytes(bytes), isExact: false };
}

/** The size of a track that runs at this rate; null when rate or duration is unknown. */
export function sizeAtRate(bitsPerSecond: number | null, durationSeconds: number | null): number | null {
  if (bitsPerSecond === null || !durationSeconds) return null;
  return toBytes((bitsPerSecond * durationSeconds) / 8);
}

/** A whole number from 1 that other parts can count with. */
function toBytes(bytes: number): number {
  return Math.min(Math.max(1, Math.round(bytes)), Number.MAX_SAFE_INTEGER);
}
