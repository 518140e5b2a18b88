/** Prices of bytes. Pure. */

/** What a job costs by the price table: the bytes that are billed, and the price in millionths of a dollar. */
export interface Bill {
  bytes: number;
  microdollars: number;
}

/**
 * The price of `bytes` in millionths of a dollar, at a price per MB of 10⁶ bytes. The two factors of 10⁶ cancel out:
 * bytes / 10⁶ × price × 10⁶.
 */
export function costMicrodollars(bytes: number, pricePerMbUsd: number): number {
  return Math.round(bytes * pricePerMbUsd);
}

/** The largest number of bytes that does not cost more. */
export function bytesForCost(microdollars: number, pricePerMbUsd: number): number {
  if (pricePerMbUsd === 0) return Infinity;
  const bytes = Math.min(Math.floor(microdollars / pricePerMbUsd), Number.MAX_SAFE_INTEGER);
  return costMicrodollars(bytes, pricePerMbUsd) <= microdollars ? bytes : bytes - 1;
}
