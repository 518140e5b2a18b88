/** Starts due jobs on the downloaders of the fleet. */
import type { Ctx } from '../context.ts';
import { fleetSlots, isPageSlot } from '../contract/downloader/slot-names.ts';
import { ring } from '../doorbell/ring.ts';
import { errorText } from '../error-text.ts';
import { claimNext } from './claim-next.ts';
import { dispatchJob } from './dispatch-job.ts';
import { isWorkDue } from './is-work-due.ts';
import {
  endPause,
  pauseSlot,
  readPauses,
  recordTry,
  ringDelaySeconds,
  takeTry,
  type SlotPause,
} from './slot-pauses.ts';

/** After how many seconds the doorbell has to ring for a slot again; null when it does not. */
type RingDelay = number | null;

/** How soon a slot is filled again after an error of the Worker, in seconds: transient D1 errors pass sooner. */
const RETRY_SECONDS = 5;

/**
 * Gives every slot of the fleet work until it is full or nothing is due. Never throws, so that the message can always
 * be acknowledged: it says only that there is work, and a slot that could not be filled rings again.
 */
export async function fillSlots(ctx: Ctx): Promise<void> {
  for (const delay of new Set(await fillFleet(ctx))) if (delay !== null) await ring(ctx, delay);
}

async function fillFleet(ctx: Ctx): Promise<RingDelay[]> {
  try {
    const pauses = await readPauses(ctx);
    return await Promise.all(fleetSlots(ctx.config).map((slot) => fillSlot(ctx, slot, pauses.get(slot))));
  } catch (error) {
    ctx.log.error('doorbell.failed', { error: errorText(error) });
    return [RETRY_SECONDS];
  }
}

async function fillSlot(ctx: Ctx, slot: string, pause: SlotPause | undefined): Promise<RingDelay> {
  try {
    return pause ? await trySlot(ctx, pause) : await startJobs(ctx, slot);
  } catch (error) {
    ctx.log.error('doorbell.slot_failed', { slot, error: errorText(error) });
    return RETRY_SECONDS;
  }
}

/**
 * Asks a paused slot whether it takes jobs before a job is claimed for it, so that a downloader that does not answer
 * costs the waiting jobs no attempts. It is asked only while work is due: a request keeps its container awake.
 */
async function trySlot(ctx: Ctx, pause: SlotPause): Promise<RingDelay> {
  // A ring for the end of the pause is already in the queue.
  if (pause.pausedUntil > ctx.now() || !(await isWorkDue(ctx, { pages: isPageSlot(pause.slot) })))
    return null;
  const extended = await takeTry(ctx, pause);
  if (!extended) return null;
  const { slot } = pause;
  const answer = await askSlot(ctx, slot);
  if (answer === 'ready') return startJobs(ctx, slot, extended);
  await recordTry(ctx, { slot, isSilent: answer === 'silent' });
  const since = new Date(pause.since).toISOString();
  ctx.log.error(answer === 'silent' ? 'slot.silent' : 'slot.refuses', { slot, since, tries: extended.tries });
  return ringDelaySeconds(ctx, extended);
}

async function askSlot(ctx: Ctx, slot: string): Promise<'ready' | 'refuses' | 'silent'> {
  try {
    const { draining, jobs, capacity } = await ctx.downloader.health(slot);
    return draining || jobs.length >= capacity ? 'refuses' : 'ready';
  } catch {
    return 'silent';
  }
}

/** `pause` is that of a slot which has just answered that it takes jobs: it ends unless the slot refuses one. */
async function startJobs(ctx: Ctx, slot: string, pause?: SlotPause): Promise<RingDelay> {
  for (let started = 0; started < ctx.config.JOBS_PER_SLOT; started++) {
    const job = await claimNext(ctx, { slot });
    const outcome = job && (await dispatchJob(ctx, { slot, job }));
    if (job && outcome !== 'accepted' && outcome !== 'unsupported') {
      ctx.log.info('job.not_accepted', { jobId: job.id, attempt: job.attempt, slot, outcome });
      return pauseSlot(ctx, { slot, isSilent: outcome === 'unknown' });
    }
    if (pause && started === 0) await endPause(ctx, pause);
    if (!job) return null;
  }
  // The slot may have room for more than one call starts.
  return 0;
}
