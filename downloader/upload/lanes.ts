/** Divides an object among connections. Pure. */

export interface Lane {
  start: number;
  /** Exclusive; null for an object of unknown size. */
  end: number | null;
  firstNumber: number;
}

/** The smallest number of parts for which a lane gets its own connection. */
const MIN_PARTS_PER_LANE = 4;

/** Up to `maxLanes` contiguous ranges that start at part boundaries and cover the object exactly. */
export function layOutLanes(sizeBytes: number | null, partSizeBytes: number, maxLanes: number): Lane[] {
  if (sizeBytes === null) return [{ start: 0, end: null, firstNumber: 1 }];
  const parts = Math.ceil(sizeBytes / partSizeBytes);
  const count = Math.max(1, Math.min(maxLanes, Math.floor(parts / MIN_PARTS_PER_LANE)));
  return Array.from({ length: count }, (_, index) => {
    const firstPart = Math.floor((parts * index) / count);
    const endPart = Math.floor((parts * (index + 1)) / count);
    return {
      start: firstPart * partSizeBytes,
      end: Math.min(sizeBytes, endPart * partSizeBytes),
      firstNumber: firstPart + 1,
    };
  });
}
