/** Checks what an attempt reports about its parts against the plan and the limits. */
import type { Config } from '../../config.ts';
import type { HardStops } from '../../contract/choice/media-choice.ts';
import { combineCrc32, decodeCrc32 } from '../../contract/encoding/crc32.ts';
import type { CompleteRequest } from '../../contract/downloader/report.ts';
import type { PartDigest, PartToSign } from '../../contract/downloader/upload-plan.ts';
import { AppError } from '../../errors.ts';
import type { UploadTerms } from '../../attempts/upload-grant.ts';
import type { Upload } from './placement-rows.ts';

/**
 * Checks one part before it is sent. AppError `invalid_request` when it does not fit the upload, `source_too_large` when
 * it exceeds MAX_BYTES.
 */
export function checkPart(
  config: Pick<Config, 'MAX_BYTES'>,
  { kind, partSizeBytes, sizeBytes }: Pick<UploadTerms, 'kind' | 'partSizeBytes' | 'sizeBytes'>,
  part: Pick<PartToSign, 'number' | 'sizeBytes'>,
): void {
  const endBytes = (part.number - 1) * partSizeBytes + part.sizeBytes;
  if (kind === 'single' && part.number !== 1) throw invalid('a single upload has one part');
  if (part.sizeBytes < 1 || part.sizeBytes > partSizeBytes) {
    throw invalid(`part ${part.number} must have 1 to ${partSizeBytes} bytes`);
  }
  if (endBytes > config.MAX_BYTES) throw new AppError('source_too_large');
  if (sizeBytes === null) return;
  const isLast = endBytes === sizeBytes;
  if (endBytes > sizeBytes || (!isLast && part.sizeBytes !== partSizeBytes)) {
    throw invalid(`part ${part.number} does not fit a file of ${sizeBytes} bytes`);
  }
}

const DIGEST_FORMS: Record<PartDigest, (digest: string) => boolean> = {
  crc32: (digest) => decodeCrc32(digest) !== null,
  sha256: (digest) => /^[0-9a-f]{64}$/.test(digest),
  'crc32-trailer': (digest) => digest === '',
};

/** AppError `invalid_request` when a digest is not of the kind that the plan requires. */
export function checkDigest(kind: PartDigest, { number, digest }: PartToSign): void {
  if (!DIGEST_FORMS[kind](digest)) throw invalid(`part ${number} must carry its ${kind}`);
}

/** A single part becomes the object at once. AppError `source_copy_changed` when it differs from the known file. */
export function checkSingle(
  terms: Pick<UploadTerms, 'kind' | 'digest' | 'crc32'>,
  { digest }: PartToSign,
): void {
  const isKnown = terms.kind === 'single' && terms.digest === 'crc32' && terms.crc32 !== null;
  if (isKnown && terms.crc32 !== digest) throw new AppError('source_copy_changed');
}

/**
 * Checks the whole upload: the parts have no gap, and their sizes and CRC-32s add up to those of the file. AppError
 * `invalid_request`, `digest_mismatch`, `source_too_large`, `source_copy_changed` when it differs from the known file.
 */
export function checkComplete(
  config: Pick<Config, 'MAX_BYTES'>,
  { artifact, placement }: Upload,
  { parts, sizeBytes, checksums }: CompleteRequest,
): void {
  if (sizeBytes > config.MAX_BYTES) throw new AppError('source_too_large');
  if (artifact.sizeBytes !== null && artifact.sizeBytes !== sizeBytes) {
    throw invalid(`the announced size of the file is ${artifact.sizeBytes} bytes`);
  }
  if (parts.some(({ number }, index) => number !== index + 1)) {
    throw invalid('parts must be numbered from 1 without a gap, in order');
  }
  const lastSizeBytes = sizeBytes - (parts.length - 1) * placement.partSizeBytes;
  if (lastSizeBytes < 1 || lastSizeBytes > placement.partSizeBytes) {
    throw invalid(`${parts.length} parts do not hold ${sizeBytes} bytes`);
  }
  checkWholeCrc32(parts, placement.partSizeBytes, lastSizeBytes, checksums.crc32);
  if (isAnother(artifact.crc32, checksums.crc32) || isAnother(artifact.sha256, checksums.sha256)) {
    throw new AppError('source_copy_changed');
  }
}

/** Checks a file against the limits of its request. AppError `max_bytes_exceeded`, `max_cost_exceeded`, `max_duration_exceeded`. */
export function checkStops(
  { maxBytes = Infinity, maxBytesCode, maxDurationSeconds = Infinity }: HardStops,
  { sizeBytes, facts: { durationSeconds } }: Pick<CompleteRequest, 'sizeBytes' | 'facts'>,
): void {
  if (sizeBytes > maxBytes) throw new AppError(maxBytesCode ?? 'max_bytes_exceeded');
  if ((durationSeconds ?? 0) > maxDurationSeconds) throw new AppError('max_duration_exceeded');
}

function isAnother(known: string | null, found: string | undefined): boolean {
  return known !== null && found !== undefined && known !== found;
}

function checkWholeCrc32(
  parts: CompleteRequest['parts'],
  partSizeBytes: number,
  lastSizeBytes: number,
  crc32: string,
): void {
  const whole = parts.reduce((sum, part, index) => {
    const value = decodeCrc32(part.crc32);
    if (value === null) throw invalid(`part ${part.number} must carry its crc32`);
    return combineCrc32(sum, value, index === parts.length - 1 ? lastSizeBytes : partSizeBytes);
  }, 0);
  if (whole !== decodeCrc32(crc32)) {
    throw new AppError(
      'digest_mismatch',
      'The digests of the parts do not combine to the digest of the file.',
    );
  }
}

function invalid(rule: string): AppError {
  return new AppError('invalid_request', `The upload does not fit its plan: ${rule}.`);
}
