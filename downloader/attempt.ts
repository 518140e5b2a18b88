import { JobFailure } from './job-failure.ts';
import type { Failure } from '../worker/contract/failure.ts';

/** The value of a function, or the failure that it throws. Other errors pass. */
export function attempt<T>(run: () => T): { value: T; failure: null } | { value: null; failure: Failure } {
  try {
    return { value: run(), failure: null };
  } catch (error) {
    if (error instanceof JobFailure) return { value: null, failure: error.failure };
    throw error;
  }
}
