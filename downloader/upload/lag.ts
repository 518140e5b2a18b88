/** Decides when an upload that others wait for falls out. Pure. */

/** Milliseconds of waiting that each millisecond without makes up for: an upload that takes up to half longer stays. */
const MADE_UP = 0.5;

/** Takes how long it was late or not since the last call. Returns true once the waiting exceeds `maxLagMs`. */
export function createLag(maxLagMs: number): (isLate: boolean, passedMs: number) => boolean {
  let lagMs = 0;
  return (isLate, passedMs) => {
    lagMs = isLate ? lagMs + passedMs : Math.max(0, lagMs - passedMs * MADE_UP);
    return lagMs > maxLagMs;
  };
}

/** Whether a part is on its way that the primary upload has sent already. */
export function hasLateParts(pending: ReadonlySet<number>, primary: ReadonlySet<number>): boolean {
  return [...pending].some((number) => !primary.has(number));
}
