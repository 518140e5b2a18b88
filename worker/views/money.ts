/** Amounts of money as clients read them. */

/** Dollars, rounded to cents. */
export function costInDollars(microdollars: number): number {
  return Math.round(microdollars / 10_000) / 100;
}
