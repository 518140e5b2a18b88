import type { AttemptRef } from '../attempts/attempt-token.ts';
import { requireLiveAttempt, requireOwner } from '../attempts/live-attempt.ts';
import type { Ctx } from '../context.ts';
import type { Feature } from '../contract/downloader/features.ts';
import type { LiveAttempt } from '../db/rows.ts';
import type { UploadAttempt } from '../storage/uploads/upload-rules.ts';
import { AppError } from '../errors.ts';
import type { AttemptFiles } from './details/attempt-files.ts';
import { kindOf } from './kinds/kinds.ts';

/** An attempt as a call names it, and what its downloader understands. */
export interface Caller {
  ref: AttemptRef;
  features: ReadonlySet<Feature>;
}

/** The attempt with its job and the upload rules of that job. AppErrors as in `requireLiveAttempt`, and `invalid_request` when its kind stores nothing. */
export async function requireUploadAttempt(ctx: Ctx, { ref, features }: Caller): Promise<UploadAttempt> {
  return withRules(await requireLiveAttempt(ctx, ref), features);
}

/** The same as `requireUploadAttempt`, of a job that was read. */
export function ownerOf({ job }: AttemptFiles, { ref, features }: Caller): UploadAttempt {
  return withRules(requireOwner(job, ref), features);
}

function withRules(live: LiveAttempt, features: ReadonlySet<Feature>): UploadAttempt {
  const rules = kindOf(live.job).uploads;
  if (!rules) throw new AppError('invalid_request', 'This kind of job stores no file.');
  return { ...live, rules, features };
}
