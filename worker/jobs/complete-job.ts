import type { AttemptRef } from '../attempts/attempt-token.ts';
import { findJob, owns } from '../attempts/live-attempt.ts';
import type { Ctx } from '../context.ts';
import type { CompletedReport, Directive, ReportAnswer } from '../contract/downloader/report.ts';
import type { JobRow } from '../db/rows.ts';
import { AppError } from '../errors.ts';
import { afterEnd } from './end/after-end.ts';
import { completeDescribed } from './end/complete-described.ts';
import { completePlaylist } from './end/complete-playlist.ts';
import { completeStored } from './end/complete-stored.ts';

/**
 * The attempt reports that everything is stored, or describes its source. AppError `invalid_request` when this Worker stored nothing for it. A
 * repeated report gets the answer of the first and changes nothing.
 */
export async function completeJob(
  ctx: Ctx,
  { ref, report }: { ref: AttemptRef; report: CompletedReport },
): Promise<ReportAnswer> {
  const completed = await completeAs(ctx, ref, report);
  if (!completed) return { directive: await whyNotCompleted(ctx, ref) };
  await afterEnd(ctx, completed);
  return { directive: 'continue' };
}

function completeAs(ctx: Ctx, ref: AttemptRef, report: CompletedReport): Promise<JobRow | null> {
  const { description, playlist, warnings } = report;
  if (description) return completeDescribed(ctx, { ref, description });
  if (playlist) return completePlaylist(ctx, { ref, playlist });
  return completeStored(ctx, { ref, warnings });
}

async function whyNotCompleted(ctx: Ctx, ref: AttemptRef): Promise<Directive> {
  const job = await findJob(ctx, ref.jobId);
  if (job?.status === 'completed' && job.attempt === ref.attempt) return 'continue';
  if (!job || !owns(job, ref)) return 'stale';
  if (job.cancelRequestedAt !== null) return 'cancel';
  throw new AppError('invalid_request', 'The attempt has stored nothing yet.');
}
