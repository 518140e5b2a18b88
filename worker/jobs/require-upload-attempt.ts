import { requireLiveAttempt } from '../attempts/live-attempt.ts';
import type { Ctx } from '../context.ts';
import type { UploadAttempt } from '../storage/uploads/upload-rules.ts';
import { kindOf } from './kinds/kinds.ts';

/** The live attempt that the token belongs to, with the upload rules of its job. AppErrors as in `requireLiveAttempt`. */
export async function requireUploadAttempt(
  ctx: Ctx,
  { token, jobId }: { token: string; jobId: string },
): Promise<UploadAttempt> {
  const live = await requireLiveAttempt(ctx, token, jobId);
  return { ...live, rules: kindOf(live.job).uploads };
}
