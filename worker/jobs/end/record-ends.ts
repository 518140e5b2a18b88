/** Tells the log and the statistics what a batch has already committed. Never throws: clean-up and ring must follow every end. */
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { errorText } from '../../error-text.ts';
import type { ClosedAttempt } from './closed-attempt.ts';
import { writeAttemptPoint, writeJobPoint } from './data-points.ts';
import { attemptFacts, jobFacts } from './end-facts.ts';

interface AttemptEndRecord {
  closed: ClosedAttempt;
  before: JobRow;
  after: JobRow;
}

/** Logs `attempt.ended` and writes its data point. */
export function recordAttemptEnd(ctx: Ctx, { closed, before, after }: AttemptEndRecord): void {
  record(ctx, after, () => {
    const facts = attemptFacts(closed, before, after);
    const { stageMs, ...rest } = facts;
    const times = Object.entries(stageMs).map(([stage, ms]) => [`${stage}Ms`, ms]);
    ctx.log.info('attempt.ended', { ...rest, ...Object.fromEntries(times) });
    writeAttemptPoint(ctx, facts);
  });
}

/** Logs `job.ended` and writes its data point. */
export function recordJobEnd(ctx: Ctx, job: JobRow): void {
  record(ctx, job, () => {
    const facts = jobFacts(job);
    ctx.log.info('job.ended', { ...facts });
    writeJobPoint(ctx, facts);
  });
}

function record(ctx: Ctx, { id: jobId, attempt }: JobRow, write: () => void): void {
  try {
    write();
  } catch (error) {
    ctx.log.error('end.not_recorded', { jobId, attempt, error: errorText(error) });
  }
}
