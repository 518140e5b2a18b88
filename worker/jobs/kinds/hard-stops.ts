import type { MediaChoiceFields } from '../../contract/api/media-choice.ts';
import type { HardStops } from '../../contract/choice/media-choice.ts';
import { bytesForCost } from '../../contract/cost.ts';

/** The limits of a request as limits of its file; null when it sets none. The price turns its cost into a size. */
export function hardStops(request: MediaChoiceFields, pricePerMbUsd: number): HardStops | null {
  const { maxBytes = Infinity, maxDurationSeconds, maxCostInDollars } = request;
  const costBytes =
    maxCostInDollars === undefined
      ? Infinity
      : bytesForCost(Math.floor(maxCostInDollars * 1e6), pricePerMbUsd);
  const stops: HardStops = {
    ...(Math.min(maxBytes, costBytes) < Infinity && {
      maxBytes: Math.min(maxBytes, costBytes),
      maxBytesCode: costBytes < maxBytes ? 'max_cost_exceeded' : 'max_bytes_exceeded',
    }),
    ...(maxDurationSeconds !== undefined && { maxDurationSeconds }),
  };
  return Object.keys(stops).length === 0 ? null : stops;
}
