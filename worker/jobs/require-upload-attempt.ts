import type { AttemptRef } from '../attempts/attempt-token.ts';
import { requireLiveAttempt } from '../attempts/live-attempt.ts';
import type { Ctx } from '../context.ts';
import type { UploadAttempt } from '../storage/uploads/upload-rules.ts';
import { kindOf } from './kinds/kinds.ts';

/** The attempt with its job and the upload rules of that job. AppErrors as in `requireLiveAttempt`. */
export async function requireUploadAttempt(ctx: Ctx, ref: AttemptRef): Promise<UploadAttempt> {
  const live = await requireLiveAttempt(ctx, ref);
  return { ...live, rules: kindOf(live.job).uploads };
}
