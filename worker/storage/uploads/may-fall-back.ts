import type { Code } from '../../contract/codes.ts';
import type { DestinationRow, LiveAttempt } from '../../db/rows.ts';

/**
 * Whether a file that the destination refused may go to service storage instead: not when its owner keeps files out of
 * there, not when the request wants to fail over an object of the same name, and not when it is there already (a store job).
 */
export function mayFallBack(
  { job }: LiveAttempt,
  destination: Pick<DestinationRow, 'fallback'> | undefined,
  code: Code,
): boolean {
  return job.kind !== 'store' && destination?.fallback !== 'none' && code !== 'storage_object_exists';
}
