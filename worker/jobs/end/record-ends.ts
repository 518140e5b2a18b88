/** Events and data points at the ends of attempts and jobs, written after the batch that made the end. */
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { writeAttemptPoint, writeJobPoint } from './data-points.ts';
import { jobFacts, type AttemptFacts } from './end-facts.ts';

/** Logs `attempt.ended` and writes its data point. */
export function recordAttemptEnd(ctx: Ctx, facts: AttemptFacts): void {
  const { stageMs, ...rest } = facts;
  const times = Object.entries(stageMs).map(([stage, ms]) => [`${stage}Ms`, ms]);
  ctx.log.info('attempt.ended', { ...rest, ...Object.fromEntries(times) });
  writeAttemptPoint(ctx, facts);
}

/** Logs `job.ended` and writes its data point. */
export function recordJobEnd(ctx: Ctx, job: JobRow): void {
  const facts = jobFacts(job);
  ctx.log.info('job.ended', { ...facts });
  writeJobPoint(ctx, facts);
}
