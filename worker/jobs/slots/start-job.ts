/** Sends a claimed job to its slot, and notes how the slot took it. */
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { dispatchJob } from '../dispatch-job.ts';
import { pauseSlot } from '../slot-pauses.ts';
import { markOutdated } from './slot-rooms.ts';

export interface Start {
  /** After how many seconds the doorbell has to ring again; null when it does not. */
  ringAfterSeconds: number | null;
  /** Whether the job is back in the queue, or the slot open again: another claim may find something. */
  isRoomLeft: boolean;
}

/** A slot that does not take the job is paused. */
export async function startJob(ctx: Ctx, { slot, job }: { slot: string; job: JobRow }): Promise<Start> {
  const outcome = await dispatchJob(ctx, { slot, job });
  if (outcome === 'accepted') return { ringAfterSeconds: null, isRoomLeft: false };
  if (outcome === 'unsupported') {
    await markOutdated(ctx, slot);
    return { ringAfterSeconds: null, isRoomLeft: true };
  }
  ctx.log.info('job.not_accepted', { jobId: job.id, attempt: job.attempt, slot, outcome });
  const ringAfterSeconds = await pauseSlot(ctx, { slot, isSilent: outcome === 'unknown' });
  return { ringAfterSeconds, isRoomLeft: outcome === 'unreachable' };
}
