import type { Ctx } from '../../context.ts';
import type { AbortAnswer } from '../../contract/downloader/report.ts';
import type { Failure } from '../../contract/failure.ts';
import { giveUpUpload } from './give-up-upload.ts';
import { findUpload } from './placement-rows.ts';
import type { UploadAttempt } from './upload-rules.ts';

/**
 * The downloader gives up an upload. Returns the plan for another upload, or null when there is none; then the attempt
 * fails with this failure. AppError `not_found`, `stale`, `cancel_requested`.
 */
export async function abortPlacement(
  ctx: Ctx,
  { live, placementId, failure }: { live: UploadAttempt; placementId: string; failure: Failure },
): Promise<AbortAnswer> {
  const upload = await findUpload(ctx, { live, placementId });
  return { plan: await giveUpUpload(ctx, { live, upload, failure }) };
}
