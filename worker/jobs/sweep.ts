/** The regular sweep, each minute: finds what no request announces. Each part stops at a limit; the next sweep continues. */
import { pruneAudit } from '../audit/prune-audit.ts';
import type { Ctx } from '../context.ts';
import { ring } from '../doorbell/ring.ts';
import { errorText } from '../error-text.ts';
import { pruneAnswers } from '../idempotency/prune-answers.ts';
import { sweepCredentials } from '../storage/destinations/rotate-credentials.ts';
import type { CleaningLimits } from '../storage/uploads/leftovers/remove-leftovers.ts';
import { sweepStorage } from '../storage/uploads/leftovers/sweep-storage.ts';
import { sweepTransfers } from '../transfers/start-due-transfers.ts';
import { forgetOldJobs } from './retention/forget-old-jobs.ts';
import { reserveSlots } from './alone/reserve-slots.ts';
import { backfillWords } from './imports/backfill-words.ts';
import { isWorkDue } from './is-work-due.ts';
import { releasePages } from './release-pages.ts';
import { sweepSiteResults } from './sites/sweep-results.ts';
import { openRooms } from './slots/slot-rooms.ts';
import { sweepLeases } from './sweep-leases.ts';

/**
 * Ends attempts whose lease has expired, gives up waiting for slots that no longer exist, reserves slots for jobs that run alone, corrects which slots have room, rings for due work, starts due transfers, sums up the results of sites, forgets old answers to requests with
 * an Idempotency-Key, old results of sites and old rows of the audit log, makes old imports searchable, removes leftovers in storage and encrypts credentials with the current key. Jobs come first: storages may be slow. A part that fails does not stop
 * the next one. All parts together stay below the 1,000 statements that D1 allows in one invocation. Never throws.
 */
export async function sweep(ctx: Ctx, limits: { cleaning?: CleaningLimits } = {}): Promise<void> {
  const ended = await runPart(ctx, 'leases', sweepLeases, []);
  await runPart(ctx, 'pages', releasePages, undefined);
  await runPart(ctx, 'reservations', reserveSlots, undefined);
  await runPart(ctx, 'rooms', openRooms, undefined);
  await runPart(ctx, 'doorbell', ringForDueWork, undefined);
  await runPart(ctx, 'transfers', sweepTransfers, undefined);
  await runPart(ctx, 'answers', pruneAnswers, undefined);
  await runPart(ctx, 'sites', sweepSiteResults, undefined);
  await runPart(ctx, 'history', forgetOldJobs, undefined);
  await runPart(ctx, 'words', backfillWords, undefined);
  await runPart(ctx, 'audit', pruneAudit, undefined);
  await sweepStorage(ctx, { ended, limits: limits.cleaning });
  await sweepCredentials(ctx);
}

async function runPart<Result>(
  ctx: Ctx,
  part: string,
  run: (ctx: Ctx) => Promise<Result>,
  otherwise: Result,
): Promise<Result> {
  try {
    return await run(ctx);
  } catch (error) {
    ctx.log.error('sweep.part_failed', { part, error: errorText(error) });
    return otherwise;
  }
}

async function ringForDueWork(ctx: Ctx): Promise<void> {
  if (await isWorkDue(ctx)) await ring(ctx);
}
