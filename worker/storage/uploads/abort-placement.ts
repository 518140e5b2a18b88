import type { Ctx } from '../../context.ts';
import type { Failure } from '../../contract/failure.ts';
import type { AbortAnswer } from '../../contract/downloader/report.ts';
import type { UploadAttempt } from './upload-rules.ts';
import { findUpload } from './placement-rows.ts';
import { giveUpUpload } from './give-up-upload.ts';

/**
 * The downloader gives up an upload. The answer is the plan to go on with (the fallback, or a lost upload once more) or
 * null, which ends the attempt with this failure. AppError `not_found`, `stale`, `cancel_requested`.
 */
export async function abortPlacement(
  ctx: Ctx,
  live: UploadAttempt,
  placementId: string,
  failure: Failure,
): Promise<AbortAnswer> {
  const upload = await findUpload(ctx, live, placementId);
  return { plan: await giveUpUpload(ctx, live, upload, failure) };
}
