/** Starts due jobs on the downloaders of the fleet. */
import type { Ctx } from '../context.ts';
import { ring } from '../doorbell/ring.ts';
import { errorText } from '../error-text.ts';
import { claimForFleet } from './slots/claim-for-fleet.ts';
import { oneAtATime } from './slots/one-at-a-time.ts';
import { startJob, type Start } from './slots/start-job.ts';
import { trySlot } from './slots/try-slot.ts';

/** How soon a slot is filled again after an error of the Worker, in seconds: transient D1 errors pass sooner. */
const RETRY_SECONDS = 5;
/** How many jobs one call starts. Each takes up to 15 of the 1,000 statements that D1 allows in one invocation. */
const MAX_STARTS = 40;
/** The same beside the sweeps, which need the other statements. They ring for the other due jobs. */
export const STARTS_BESIDE_SWEEPS = 8;
/** Jobs that the first claim takes, how much larger each further one is, and the largest: most rings find one job. */
const FIRST_CLAIM = 2;
const CLAIM_GROWTH = 4;
const LARGEST_CLAIM = 32;

/** What one call has started, and what it waits for. */
interface Filling {
  started: number;
  nextClaim: number;
  maxStarts: number;
  tried: Set<string>;
  starts: Promise<Start>[];
}

/**
 * Gives the slots of the fleet work until they are full or nothing is due. Never throws, so that the message can always
 * be acknowledged: it says only that there is work, and a slot that could not be filled rings again.
 */
export async function fillSlots(ctx: Ctx, { maxStarts = MAX_STARTS } = {}): Promise<void> {
  const filling: Filling = { started: 0, nextClaim: FIRST_CLAIM, maxStarts, tried: new Set(), starts: [] };
  const delays = new Set<number>();
  let isRoomLeft = true;
  while (isRoomLeft && filling.started < maxStarts) {
    await oneAtATime(ctx, () => claimAndStart(ctx, filling));
    // Dispatches run while others claim: a container may take half a minute to start.
    if (filling.started >= maxStarts) await ring(ctx);
    const starts = await Promise.all(filling.starts.splice(0));
    for (const { ringAfterSeconds } of starts) if (ringAfterSeconds !== null) delays.add(ringAfterSeconds);
    isRoomLeft = starts.some((start) => start.isRoomLeft);
  }
  for (const delay of delays) await ring(ctx, delay);
}

/** Claims jobs once. Returns whether another claim may find more. */
async function claimAndStart(ctx: Ctx, filling: Filling): Promise<boolean> {
  const count = Math.min(filling.nextClaim, filling.maxStarts - filling.started);
  if (count <= 0) return false;
  try {
    const { jobs, duePauses, hasMore } = await claimForFleet(ctx, count);
    filling.started += jobs.length;
    filling.nextClaim = Math.min(filling.nextClaim * CLAIM_GROWTH, LARGEST_CLAIM);
    for (const job of jobs)
      filling.starts.push(safely(ctx, job.slot ?? '', () => startJob(ctx, { slot: job.slot ?? '', job })));
    for (const pause of duePauses) {
      if (filling.tried.has(pause.slot)) continue;
      filling.tried.add(pause.slot);
      filling.starts.push(safely(ctx, pause.slot, () => trySlot(ctx, pause)));
    }
    return hasMore;
  } catch (error) {
    ctx.log.error('doorbell.failed', { error: errorText(error) });
    filling.starts.push(Promise.resolve({ ringAfterSeconds: RETRY_SECONDS, isRoomLeft: false }));
    return false;
  }
}

async function safely(ctx: Ctx, slot: string, start: () => Promise<Start>): Promise<Start> {
  try {
    return await start();
  } catch (error) {
    ctx.log.error('doorbell.slot_failed', { slot, error: errorText(error) });
    return { ringAfterSeconds: RETRY_SECONDS, isRoomLeft: false };
  }
}
