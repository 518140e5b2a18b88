/** Kind and part size of an upload, fixed before its first byte. Pure. */
import { MAX_PART_SIZE_BYTES, SINGLE_PUT_MAX_BYTES } from '../../contract/downloader/upload-plan.ts';

export interface PlanLimits {
  /** Most parts the storage takes. */
  maxParts: number;
  /** Smallest part but the last, in bytes. */
  minPartBytes: number;
  /** Whether one PUT can be bound to its digest and to the end of the lease. */
  singlePut: boolean;
  /** What an object of unknown size may grow to. */
  maxBytes: number;
}

export interface PlanShape {
  kind: 'single' | 'multipart';
  partSizeBytes: number;
}

const MIB = 1024 ** 2;
/** Parts of a known size, in bytes: small enough to be sent again, large enough that signing them is no work. */
const KNOWN_PART_BYTES = 8 * MIB;
/** Parts of an unknown size, in bytes: 10,000 of them hold 156 GiB. */
const UNKNOWN_PART_BYTES = 16 * MIB;
/** Share of the parts that a plan counts on; the rest is room for a source that sends more than it declared. */
const USABLE_PARTS = 0.95;

/**
 * The plan for an object of `sizeBytes` (null: unknown); null when the storage cannot take an object that large in parts
 * that we can send. Part sizes never change within an upload: R2 wants them equal.
 */
export function choosePlan(sizeBytes: number | null, limits: PlanLimits): PlanShape | null {
  if (fitsSinglePut(sizeBytes) && limits.singlePut) {
    return { kind: 'single', partSizeBytes: SINGLE_PUT_MAX_BYTES };
  }
  const smallest = sizeBytes === null ? UNKNOWN_PART_BYTES : KNOWN_PART_BYTES;
  const needed = (sizeBytes ?? limits.maxBytes) / (limits.maxParts * USABLE_PARTS);
  const partSizeBytes = Math.max(smallest, limits.minPartBytes, Math.ceil(needed / MIB) * MIB);
  if (partSizeBytes <= MAX_PART_SIZE_BYTES) return { kind: 'multipart', partSizeBytes };
  // An unknown size is let in: few files reach the limit, and the part numbers are checked.
  const fits = sizeBytes === null || sizeBytes <= limits.maxParts * MAX_PART_SIZE_BYTES;
  return fits ? { kind: 'multipart', partSizeBytes: MAX_PART_SIZE_BYTES } : null;
}

/** True for an object that is small enough to be sent by one PUT. */
export function fitsSinglePut(sizeBytes: number | null): boolean {
  return sizeBytes !== null && sizeBytes <= SINGLE_PUT_MAX_BYTES;
}
