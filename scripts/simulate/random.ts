/** Random numbers that a seed repeats. */

export interface Random {
  /** From 0 up to 1. */
  next: () => number;
  /** Exponentially distributed with this mean. */
  exponential: (mean: number) => number;
  /** Log-normally distributed with this median. `spread` is the standard deviation of the logarithm. */
  logNormal: (median: number, spread: number) => number;
  /** From 0 up to `count`. */
  index: (count: number) => number;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  // Mulberry32.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  // Box and Muller.
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    exponential: (mean) => -mean * Math.log(1 - next()),
    logNormal: (median, spread) => median * Math.exp(spread * normal()),
    index: (count) => Math.floor(next() * count),
  };
}
