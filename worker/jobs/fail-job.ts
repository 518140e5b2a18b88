import type { Ctx } from '../context.ts';
import type { FailedReport, ReportAnswer } from '../contract/downloader/report.ts';
import { AppError } from '../errors.ts';
import type { AttemptRef } from '../attempts/attempt-token.ts';
import { findJob, owns } from '../attempts/live-attempt.ts';
import { endAttempt, type Loss } from './end/end-attempt.ts';
import { recallSuccessor } from './slots/hand-over.ts';

/** A cancel request may come between reading and ending the job. It comes only once. */
const MAX_TRIES = 2;

/**
 * The attempt reports that it did not complete: it handed the job back, was canceled, or failed. AppError
 * `invalid_request` when it reports a cancelation that nobody requested. A repeated report changes nothing.
 */
export async function failJob(
  ctx: Ctx,
  { ref, report }: { ref: AttemptRef; report: FailedReport },
): Promise<ReportAnswer> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const job = await findJob(ctx, ref.jobId);
    if (!job || job.attempt !== ref.attempt) return { directive: 'stale' };
    if (!owns(job, ref)) {
      // The answer that ended this attempt did not arrive, nor did the job in it.
      if (job.status === 'completed') await recallSuccessor(ctx, ref);
      return { directive: 'continue' };
    }
    if (report.failure.code === 'canceled' && job.cancelRequestedAt === null) {
      throw new AppError('invalid_request', 'Nobody asked to cancel this job.');
    }
    if (await endAttempt(ctx, { job, loss: lossOf(report) })) return { directive: 'continue' };
  }
  return { directive: 'stale' };
}

function lossOf({ failure, source }: FailedReport): Loss {
  if (failure.code === 'downloader_draining') return { outcome: 'handed_back' };
  if (failure.code === 'source_is_page') return { outcome: 'handed_back', isPage: true, source };
  return { outcome: 'failed', failure, source };
}
