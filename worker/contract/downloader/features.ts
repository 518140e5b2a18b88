/**
 * What a downloader understands beyond the first version of the contract. A header, since Workers of earlier versions refuse new members of a
 * body, and downloaders of earlier versions refuse answers with new members. Imports nothing.
 */

export const FEATURES_HEADER = 'x-importly-features';

/**
 * `grants`: it keeps the grants of its uploads and sends them with its calls. `trailers`: it can send the CRC-32 of a part as a trailer.
 * `first-requests`: it takes the requests for the first parts with a plan.
 */
const FEATURES = ['grants', 'trailers', 'first-requests'] as const;
export type Feature = (typeof FEATURES)[number];

/** The value of the header of this version. */
export const OWN_FEATURES = FEATURES.join(' ');

/** The features that a header names and this version knows. None for a downloader of an earlier version. */
export function parseFeatures(header: string | null | undefined): ReadonlySet<Feature> {
  const names = (header ?? '').split(' ');
  return new Set(FEATURES.filter((feature) => names.includes(feature)));
}
