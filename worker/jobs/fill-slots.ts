import type { Ctx } from '../context.ts';
import { claimNext } from './claim-next.ts';
import { dispatchJob } from './dispatch-job.ts';
import { isQuiet, QUIET_RING_SECONDS, quieten } from '../doorbell/quiet-slots.ts';
import { ring } from '../doorbell/ring.ts';
import { errorText } from '../error-text.ts';

/**
 * `busy`: as many jobs as one call may start were started; `silent`: the downloader did not answer; `failed`: the
 * Worker itself failed, for example because D1 was unavailable for a moment.
 */
type Filled = 'idle' | 'busy' | 'silent' | 'failed';

/** How soon a failed slot is filled again, in seconds: transient D1 errors pass sooner. */
const RETRY_RING_SECONDS = 5;

/**
 * Gives every slot of the fleet work until it is full or nothing is due. Never throws, so that the message can always
 * be acknowledged: it says only that there is work, and a slot that could not be filled rings again.
 */
export async function fillSlots(ctx: Ctx): Promise<void> {
  const slots = Array.from({ length: ctx.config.DOWNLOADER_SLOTS }, (_, index) => `slot-${index}`);
  const filled = await Promise.all(slots.map((slot) => fillSlot(ctx, slot)));
  if (filled.includes('silent')) await ring(ctx, QUIET_RING_SECONDS);
  if (filled.includes('failed')) await ring(ctx, RETRY_RING_SECONDS);
  if (filled.includes('busy')) await ring(ctx);
}

async function fillSlot(ctx: Ctx, slot: string): Promise<Filled> {
  if (isQuiet(ctx.doorbell, slot, ctx.now())) return 'idle';
  try {
    return await startJobs(ctx, slot);
  } catch (error) {
    ctx.log.error('doorbell.slot_failed', { slot, error: errorText(error) });
    return 'failed';
  }
}

async function startJobs(ctx: Ctx, slot: string): Promise<Filled> {
  for (let started = 0; started < ctx.config.JOBS_PER_SLOT; started++) {
    const job = await claimNext(ctx, slot);
    if (!job) return 'idle';
    const outcome = await dispatchJob(ctx, { slot, job });
    if (outcome === 'accepted') continue;
    ctx.log.info('doorbell.not_accepted', { slot, jobId: job.id, attempt: job.attempt, outcome });
    quieten(ctx.doorbell, slot, ctx.now());
    return 'silent';
  }
  return 'busy';
}
