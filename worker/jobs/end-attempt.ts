/** Ends of attempts that did not complete, and what follows every end. */
import { and, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { Failure } from '../contract/failure.ts';
import type { SourceReport } from '../contract/media.ts';
import type { JobRow } from '../db/rows.ts';
import { isTerminal } from '../contract/job.ts';
import { cleanUpAttempt } from '../storage/uploads/clean-up.ts';
import { isOwnedBy } from '../attempts/fence.ts';
import { kindOf } from './kinds/kinds.ts';
import { afterFailure } from './retry-policy.ts';
import { finish, requeue } from './transitions.ts';
import { QUIET_RING_SECONDS, quieten } from '../doorbell/quiet-slots.ts';
import { ring } from '../doorbell/ring.ts';

/** `undelivered` and `handed_back` cost nothing; `failed` and `expired` use up one failure of the budget. */
export type Loss =
  | { outcome: 'undelivered' | 'handed_back'; guard?: SQL }
  | { outcome: 'failed' | 'expired'; failure: Failure; source?: SourceReport | null; guard?: SQL };

/**
 * Ends the live attempt that `job` was read with: canceled when that was asked for, else back to the queue or failed.
 * Null when the row has changed since: the caller reads it again, or leaves it.
 */
export async function endAttempt(ctx: Ctx, job: JobRow, loss: Loss): Promise<JobRow | null> {
  const ref = { jobId: job.id, attempt: job.attempt };
  const moved = await moveOn(ctx, job, loss);
  if (!moved) return null;
  const facts = { outcome: loss.outcome, code: 'failure' in loss ? loss.failure.code : undefined };
  ctx.log.info('attempt.ended', { ...ref, ...facts, status: moved.status, failures: moved.failures });
  // A downloader that hands back is leaving: offering it work would only cost a lease when it is gone in the middle.
  if (loss.outcome === 'handed_back' && job.slot !== null) {
    quieten(ctx.doorbell, job.slot, ctx.now());
    await ring(ctx, QUIET_RING_SECONDS);
  }
  // Whoever could not deliver an attempt knows when to ring. It may have begun all the same, when only the answer was lost.
  if (loss.outcome === 'undelivered') await cleanUpAttempt(ctx, ref);
  else await afterEnd(ctx, moved);
  const waitMs = moved.status === 'queued' ? moved.runAfter - ctx.now() : 0;
  if (waitMs > 0) await ring(ctx, waitMs / 1000);
  return moved;
}

/**
 * What follows the end of every attempt: its uploads are removed, and the place that it had in the fleet is offered to
 * other jobs. Never throws.
 */
export async function afterEnd(ctx: Ctx, job: JobRow): Promise<void> {
  await cleanUpAttempt(ctx, { jobId: job.id, attempt: job.attempt });
  if (isTerminal(job.status)) await kindOf(job).afterEnd?.(ctx, job);
  await ring(ctx);
}

function moveOn(ctx: Ctx, job: JobRow, loss: Loss): Promise<JobRow | null> {
  const cancelRequested = job.cancelRequestedAt !== null;
  const guard = and(isOwnedBy({ jobId: job.id, attempt: job.attempt }, cancelRequested), loss.guard);
  if (cancelRequested)
    return finish(ctx, { job, status: 'canceled', guard, attemptEnd: { outcome: 'canceled' } });
  if (!('failure' in loss)) {
    const { runAfter, failures } = job;
    return requeue(ctx, { job, guard, attemptEnd: { outcome: loss.outcome }, runAfter, failures });
  }
  const next = afterFailure(loss.failure.code, {
    failures: job.failures,
    maxFailures: ctx.config.MAX_FAILURES,
    random: ctx.random(),
  });
  const { failures } = next;
  if (!next.retry)
    return finish(ctx, { job, status: 'failed', guard, attemptEnd: loss, values: { failures } });
  return requeue(ctx, { job, guard, attemptEnd: loss, runAfter: ctx.now() + next.delayMs, failures });
}
