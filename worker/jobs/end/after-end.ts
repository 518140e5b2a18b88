import type { Ctx } from '../../context.ts';
import { isTerminal } from '../../contract/job.ts';
import type { JobRow, PlacementRow } from '../../db/rows.ts';
import { ring } from '../../doorbell/ring.ts';
import { recordPublicAccess } from '../../storage/connection/record-public-access.ts';
import { cleanUpAttempt } from '../../storage/uploads/leftovers/clean-up-attempt.ts';
import { kindOf } from '../kinds/kinds.ts';

/**
 * What follows the end of every attempt, given the job as the end left it. Never throws. The storage is cleaned up in the
 * background: the downloader keeps the place of the job until its report is answered, and a storage may take long to answer.
 */
export async function afterEnd(ctx: Ctx, job: JobRow): Promise<void> {
  ctx.background(cleanUpAttempt(ctx, { jobId: job.id, attempt: job.attempt }));
  await continueAfterEnd(ctx, job);
}

/** The same after the batch that recorded the only file of the job, whose caller knows more. A free place matters only while work is due. */
export async function afterStored(
  ctx: Ctx,
  job: JobRow,
  {
    mayLeaveUploads,
    placement,
    isWorkDue,
  }: { mayLeaveUploads: boolean; placement: PlacementRow | undefined; isWorkDue: boolean },
): Promise<void> {
  const ref = { jobId: job.id, attempt: job.attempt };
  if (mayLeaveUploads) ctx.background(cleanUpAttempt(ctx, ref));
  await kindOf(job).afterEnd?.(ctx, job);
  if (isWorkDue) await ring(ctx);
  if (placement && placement.destinationId !== null) ctx.background(recordPublicAccess(ctx, ref, placement));
}

/** The same for a caller that removes the leftovers in storage later: the place in the fleet is offered to other jobs. */
export async function continueAfterEnd(ctx: Ctx, job: JobRow): Promise<void> {
  if (isTerminal(job.status)) await kindOf(job).afterEnd?.(ctx, job);
  await ring(ctx);
  const ref = { jobId: job.id, attempt: job.attempt };
  if (job.status === 'completed') ctx.background(recordPublicAccess(ctx, ref));
}
