/** The end of an attempt without its report of completion. */
import { and, not, type SQL } from 'drizzle-orm';
import { isOwnedBy } from '../../attempts/fence.ts';
import type { Ctx } from '../../context.ts';
import { isMemberSlot } from '../../contract/downloader/slot-names.ts';
import type { Failure } from '../../contract/failure.ts';
import type { SourceReport } from '../../contract/media.ts';
import type { JobRow } from '../../db/rows.ts';
import { ring } from '../../doorbell/ring.ts';
import { cleanUpAttempt } from '../../storage/uploads/leftovers/clean-up-attempt.ts';
import { blameJob, dueAt, isCrash, queuePlace, type DueTimes } from '../alone/crashes.ts';
import { afterEnd } from './after-end.ts';
import { completeStored, hasStoredAll } from './complete-stored.ts';
import { afterFailure } from './retry-policy.ts';
import { pauseSlot } from '../slot-pauses.ts';
import { finish, requeue } from './transitions.ts';

/** `undelivered` and `handed_back` cost nothing; `failed` and `expired` use up one failure of the budget. */
export type Loss =
  | { outcome: 'undelivered' | 'handed_back'; guard?: SQL }
  /** When the job is due again. */
  | ({ outcome: 'undelivered'; guard?: SQL } & DueTimes)
  /** The slot reads only files, and the source is a page. */
  | { outcome: 'handed_back'; isPage: true; source?: SourceReport | null; guard?: SQL }
  | { outcome: 'failed' | 'expired'; failure: Failure; source?: SourceReport | null; guard?: SQL };

/** A live attempt, as its job was read, and how it ends. */
interface Ending {
  job: JobRow;
  loss: Loss;
}

/**
 * Ends the live attempt that `job` was read with: canceled when that was requested, completed when it has stored its
 * files, else back to the queue or failed. Null when the row has changed since: the caller reads it again, or leaves it.
 */
export async function endAttempt(ctx: Ctx, end: Ending): Promise<JobRow | null> {
  const { job, loss } = end;
  const ref = { jobId: job.id, attempt: job.attempt };
  const moved = await leaveAttempt(ctx, end);
  if (!moved) return null;
  // A downloader that hands a job back is shutting down: new work for it would be lost.
  if (loss.outcome === 'handed_back' && !('isPage' in loss) && job.slot !== null && !isMemberSlot(job.slot)) {
    await ring(ctx, await pauseSlot(ctx, { slot: job.slot, isSilent: false }));
  }
  // The caller that could not deliver an attempt rings later. The attempt may have begun, if only the answer was lost.
  if (loss.outcome === 'undelivered' && moved.status !== 'completed')
    ctx.background(cleanUpAttempt(ctx, ref));
  else await afterEnd(ctx, moved);
  const waitMs = moved.status === 'queued' ? dueAt(moved) - ctx.now() : 0;
  if (waitMs > 0) await ring(ctx, waitMs / 1000);
  return moved;
}

/** The same, without what follows the end: the caller cleans up and rings. */
export async function leaveAttempt(ctx: Ctx, { job, loss }: Ending): Promise<JobRow | null> {
  const ref = { jobId: job.id, attempt: job.attempt };
  if (job.cancelRequestedAt !== null) {
    const guard = and(isOwnedBy(ref, true), loss.guard);
    return finish(ctx, { job, status: 'canceled', guard, attemptEnd: { outcome: 'canceled' } });
  }
  const lost = await requeueOrFail(ctx, job, loss);
  return lost ?? completeStored(ctx, { ref, warnings: [], guard: and(hasStoredAll(ref), loss.guard) });
}

/** Null when the attempt has stored its files, or the row has changed since `job` was read. */
function requeueOrFail(ctx: Ctx, job: JobRow, loss: Loss): Promise<JobRow | null> {
  const ref = { jobId: job.id, attempt: job.attempt };
  const guard = and(isOwnedBy(ref, false), loss.guard, not(hasStoredAll(ref)));
  if (!('failure' in loss)) {
    const { crashes, failures } = job;
    const { runAfter, aloneAfter } = 'runAfter' in loss ? loss : job;
    const place = { runAfter, aloneAfter, crashes };
    const { outcome } = loss;
    if (!('isPage' in loss)) return requeue(ctx, { job, guard, attemptEnd: { outcome }, failures, ...place });
    const attemptEnd = { outcome, source: loss.source };
    // The operator may have removed the slots for pages meanwhile.
    const isPage = ctx.config.PAGE_SLOTS > 0;
    return requeue(ctx, { job, guard, attemptEnd, failures, isPage, ...place });
  }
  const attemptEnd = { ...loss, failure: blameJob(job, loss) };
  const next = afterFailure(attemptEnd.failure.code, {
    failures: job.failures,
    maxFailures: ctx.config.MAX_FAILURES,
    random: ctx.random(),
  });
  const { failures } = next;
  const crashes = job.crashes + (isCrash(loss) ? 1 : 0);
  if (!next.retry)
    return finish(ctx, { job, status: 'failed', guard, attemptEnd, values: { failures, crashes } });
  const place = queuePlace(crashes, ctx.now() + next.delayMs);
  return requeue(ctx, { job, guard, attemptEnd, failures, ...place });
}
