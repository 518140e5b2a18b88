/** Chooses the kind and the part size of an upload before its first byte is sent. Pure. */
import {
  MAX_PART_SIZE_BYTES,
  SINGLE_PUT_MAX_BYTES,
  USUAL_PART_SIZE_BYTES,
} from '../../contract/downloader/upload-plan.ts';

export interface PlanLimits {
  /** The highest number of parts that the storage accepts. */
  maxParts: number;
  /** The smallest size of a part, except the last, in bytes. */
  minPartBytes: number;
  /** Whether the signature of a single PUT can cover its digest and expire with the lease. */
  singlePut: boolean;
  /** The largest size of an object whose size is unknown, in bytes. */
  maxBytes: number;
}

export interface PlanShape {
  kind: 'single' | 'multipart';
  partSizeBytes: number;
}

const MIB = 1024 ** 2;
/** Part size of an object of unknown size, in bytes: 10,000 parts hold 156 GiB. */
const UNKNOWN_PART_BYTES = 16 * MIB;
/** Share of the parts that a plan uses; the rest is a reserve for sources that send more than they declared. */
const USABLE_PARTS = 0.95;

/**
 * The plan for an object of `sizeBytes` (null: unknown). Null when the storage cannot accept an object of that size in
 * parts of MAX_PART_SIZE_BYTES. The part size never changes within an upload, because R2 requires equal parts.
 */
export function choosePlan(sizeBytes: number | null, limits: PlanLimits): PlanShape | null {
  if (fitsSinglePut(sizeBytes) && limits.singlePut) {
    return { kind: 'single', partSizeBytes: SINGLE_PUT_MAX_BYTES };
  }
  const smallest = sizeBytes === null ? UNKNOWN_PART_BYTES : USUAL_PART_SIZE_BYTES;
  const needed = (sizeBytes ?? limits.maxBytes) / (limits.maxParts * USABLE_PARTS);
  const partSizeBytes = Math.max(smallest, limits.minPartBytes, Math.ceil(needed / MIB) * MIB);
  if (partSizeBytes <= MAX_PART_SIZE_BYTES) return { kind: 'multipart', partSizeBytes };
  // An unknown size is accepted: few files reach the limit, and the part numbers are checked.
  const fits = sizeBytes === null || sizeBytes <= limits.maxParts * MAX_PART_SIZE_BYTES;
  return fits ? { kind: 'multipart', partSizeBytes: MAX_PART_SIZE_BYTES } : null;
}

/** What all of these storages accept, with the rest of the first. */
export function commonLimits(
  first: PlanLimits,
  others: Pick<PlanLimits, 'maxParts' | 'minPartBytes'>[],
): PlanLimits {
  return {
    ...first,
    maxParts: Math.min(first.maxParts, ...others.map(({ maxParts }) => maxParts)),
    minPartBytes: Math.max(first.minPartBytes, ...others.map(({ minPartBytes }) => minPartBytes)),
  };
}

/** The plan for a second storage that gets the same parts. Null when it does not accept them. */
export function chooseSamePlan(
  sizeBytes: number | null,
  partSizeBytes: number,
  limits: PlanLimits,
): PlanShape | null {
  // One part, whatever the sizes of the plans.
  if (fitsSinglePut(sizeBytes)) return choosePlan(sizeBytes, limits);
  // Of an unknown size, the part numbers are checked later.
  const parts = Math.ceil((sizeBytes ?? 0) / partSizeBytes);
  const fits = partSizeBytes >= limits.minPartBytes && parts <= limits.maxParts;
  return fits ? { kind: 'multipart', partSizeBytes } : null;
}

/** True for an object that is small enough for one PUT. */
export function fitsSinglePut(sizeBytes: number | null): boolean {
  return sizeBytes !== null && sizeBytes <= SINGLE_PUT_MAX_BYTES;
}
