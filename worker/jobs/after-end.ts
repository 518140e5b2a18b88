import type { Ctx } from '../context.ts';
import { isTerminal } from '../contract/job.ts';
import type { JobRow } from '../db/rows.ts';
import { ring } from '../doorbell/ring.ts';
import { recordPublicAccess } from '../storage/connection/record-public-access.ts';
import { cleanUpAttempt } from '../storage/uploads/clean-up.ts';
import { kindOf } from './kinds/kinds.ts';

/**
 * What follows the end of every attempt, given the job as the end left it: leftovers in storage are removed, and the
 * place that the attempt had in the fleet is offered to other jobs. Never throws.
 */
export async function afterEnd(ctx: Ctx, job: JobRow): Promise<void> {
  const ref = { jobId: job.id, attempt: job.attempt };
  await cleanUpAttempt(ctx, ref);
  if (isTerminal(job.status)) await kindOf(job).afterEnd?.(ctx, job);
  await ring(ctx);
  if (job.status === 'completed') ctx.background(recordPublicAccess(ctx, ref));
}
