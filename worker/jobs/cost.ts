/** What an import costs. Pure. */

/**
 * Millionths of a dollar for `bytes` at a price per MB of 10⁶ bytes. The two millions cancel out:
 * bytes / 10⁶ × price × 10⁶.
 */
export function costMicrodollars(bytes: number, pricePerMbUsd: number): number {
  return Math.round(bytes * pricePerMbUsd);
}
