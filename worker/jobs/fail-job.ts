import type { Ctx } from '../context.ts';
import type { FailedReport, ReportAnswer } from '../contract/downloader/report.ts';
import { AppError } from '../errors.ts';
import { findJob, owns, readTokenOf } from '../attempts/live-attempt.ts';
import { endAttempt, type Loss } from './end-attempt.ts';

/** The first move may lose to a cancel request; a second cannot. */
const MAX_TRIES = 2;

/**
 * The attempt says that it did not complete: handed back, canceled, or failed. AppError `unauthorized` or `stale` for
 * its token, `invalid_request` for a cancelation that nobody asked for. A repeated report changes nothing.
 */
export async function failJob(
  ctx: Ctx,
  token: string,
  jobId: string,
  report: FailedReport,
): Promise<ReportAnswer> {
  const ref = await readTokenOf(ctx, token, jobId);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const job = await findJob(ctx, jobId);
    if (!job || job.attempt !== ref.attempt) return { directive: 'stale' };
    if (!owns(job, ref)) return { directive: 'continue' };
    if (report.failure.code === 'canceled' && job.cancelRequestedAt === null) {
      throw new AppError('invalid_request', 'Nobody asked to cancel this job.');
    }
    if (await endAttempt(ctx, job, lossOf(report))) return { directive: 'continue' };
  }
  return { directive: 'stale' };
}

function lossOf({ failure, source }: FailedReport): Loss {
  if (failure.code === 'downloader_draining') return { outcome: 'handed_back' };
  return { outcome: 'failed', failure, source };
}
