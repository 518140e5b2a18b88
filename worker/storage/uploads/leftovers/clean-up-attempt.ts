/** Removes what one ended attempt left in storage. */
import type { AttemptRef } from '../../../attempts/attempt-token.ts';
import type { Ctx } from '../../../context.ts';
import { errorText } from '../../../error-text.ts';
import { discardUpload } from './discard-upload.ts';
import { findLeftoversOf } from './find-leftovers.ts';

/**
 * Aborts the unfinished uploads of an ended attempt and deletes the files that no job shows. Does nothing to an attempt
 * that still runs. Never throws: it logs what fails, and the next sweep tries again.
 */
export async function cleanUpAttempt(ctx: Ctx, attempt: AttemptRef): Promise<void> {
  try {
    for (const row of await findLeftoversOf(ctx, [attempt])) await discardUpload(ctx, row);
  } catch (error) {
    ctx.log.error('storage.clean_up_failed', { ...attempt, error: errorText(error) });
  }
}
