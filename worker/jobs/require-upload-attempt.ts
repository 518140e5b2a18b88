import type { AttemptRef } from '../attempts/attempt-token.ts';
import { requireLiveAttempt } from '../attempts/live-attempt.ts';
import type { Ctx } from '../context.ts';
import type { Feature } from '../contract/downloader/features.ts';
import type { UploadAttempt } from '../storage/uploads/upload-rules.ts';
import { AppError } from '../errors.ts';
import { kindOf } from './kinds/kinds.ts';

/** The attempt with its job and the upload rules of that job. AppErrors as in `requireLiveAttempt`, and `invalid_request` when its kind stores nothing. */
export async function requireUploadAttempt(
  ctx: Ctx,
  ref: AttemptRef,
  features: ReadonlySet<Feature>,
): Promise<UploadAttempt> {
  const live = await requireLiveAttempt(ctx, ref);
  const rules = kindOf(live.job).uploads;
  if (!rules) throw new AppError('invalid_request', 'This kind of job stores no file.');
  return { ...live, rules, features };
}
