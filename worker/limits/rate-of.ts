/** Which rate a request counts for. Pure. */
import type { KeyLimits } from '../contract/api/limits.ts';

/** The name of a rate, as plans and keys have it. */
export type RateName = keyof KeyLimits;

/** Paths whose POST starts imports. */
const STARTS_IMPORT = /^\/(?:import|imports\/[^/]+\/retry|batches|batches\/[^/]+\/retry)$/;
/** Paths that start reading metadata, by GET and POST. */
const STARTS_METADATA = /^\/metadata(?:\/basic)?$/;

/** The rate of a request. Each request counts for exactly one; status polls and everything else share the last. */
export function rateOf(method: string, path: string): RateName {
  if (method === 'POST' && STARTS_IMPORT.test(path)) return 'importsPerHour';
  return STARTS_METADATA.test(path) ? 'metadataPerHour' : 'requestsPerHour';
}
