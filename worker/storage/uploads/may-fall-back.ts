import type { Code } from '../../contract/codes.ts';
import type { DestinationRow } from '../../db/rows.ts';
import type { UploadAttempt } from './upload-rules.ts';

/**
 * Whether a file that the destination refused may go to service storage instead. Not when the kind of job or the
 * destination forbids it, nor when the request asks to fail if an object of the same name exists.
 */
export function mayFallBack(
  { rules }: UploadAttempt,
  destination: Pick<DestinationRow, 'fallback'> | undefined,
  code: Code,
): boolean {
  return rules.mayFallBack && destination?.fallback !== 'none' && code !== 'storage_object_exists';
}
