/** Amounts of money as clients read them. */

/** Dollars, rounded to cents. */
export function costInDollars(microdollars: number): number {
  return Math.round(microdollars / 10_000) / 100;
}

/** A credit is one US cent, so that the number agrees with `costInDollars`. */
const MICRODOLLARS_PER_CREDIT = 10_000;

/** Credits, in which older versions of Importly count. */
export function creditsOf(microdollars: number): number {
  return Math.round(microdollars / MICRODOLLARS_PER_CREDIT);
}
