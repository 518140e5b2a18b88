import type { AttemptRef } from '../../attempts/attempt-token.ts';
import { isOwnedBy } from '../../attempts/fence.ts';
import { findJob } from '../../attempts/live-attempt.ts';
import type { Ctx } from '../../context.ts';
import type { Description } from '../../contract/downloader/metadata.ts';
import type { JobRow } from '../../db/rows.ts';
import { kindOf } from '../kinds/kinds.ts';
import { finish } from './transitions.ts';

/**
 * Ends a job that stores nothing as completed, with the description of its source. Null when the attempt no longer owns the
 * job, the job is being canceled, or its kind must store a file.
 */
export async function completeDescribed(
  ctx: Ctx,
  { ref, description }: { ref: AttemptRef; description: Description },
): Promise<JobRow | null> {
  const job = await findJob(ctx, ref.jobId);
  if (!job || kindOf(job).uploads) return null;
  const { metadata, source } = description;
  return finish(ctx, {
    job,
    status: 'completed',
    guard: isOwnedBy(ref, false),
    attemptEnd: { outcome: 'completed', source },
    bill: kindOf(job).bill(ctx.config, 0),
    title: metadata.title,
    values: { metadata },
  });
}
