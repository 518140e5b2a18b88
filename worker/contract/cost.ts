/**
 * The price of `bytes` in millionths of a dollar, at a price per MB of 10⁶ bytes. The two factors of 10⁶ cancel out:
 * bytes / 10⁶ × price × 10⁶.
 */
export function costMicrodollars(bytes: number, pricePerMbUsd: number): number {
  return Math.round(bytes * pricePerMbUsd);
}
