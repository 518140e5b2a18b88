/** Asks a slot whose pause is over whether it takes jobs again. */
import type { Ctx } from '../../context.ts';
import { isPageSlot } from '../../contract/downloader/slot-names.ts';
import { claimNext } from '../claim-next.ts';
import { isWorkDue } from '../is-work-due.ts';
import { endPause, recordTry, ringDelaySeconds, takeTry, type SlotPause } from '../slot-pauses.ts';
import { startJob, type Start } from './start-job.ts';

/**
 * Asks before a job is claimed, so that a downloader that does not answer costs the waiting jobs no attempts. It is asked
 * only while work is due: a request keeps its container awake. The pause ends unless the slot refuses a job.
 */
export async function trySlot(ctx: Ctx, pause: SlotPause): Promise<Start> {
  const { slot } = pause;
  const idle: Start = { ringAfterSeconds: null, isRoomLeft: false };
  if (!(await isWorkDue(ctx, { pages: isPageSlot(slot) }))) return idle;
  const extended = await takeTry(ctx, pause);
  if (!extended) return idle;
  const answer = await askSlot(ctx, slot);
  if (answer !== 'ready') return noteRefusal(ctx, extended, answer === 'silent');
  const job = await claimNext(ctx, { slot });
  const start = job ? await startJob(ctx, { slot, job }) : idle;
  if (start.ringAfterSeconds !== null) return start;
  await endPause(ctx, extended);
  return { ringAfterSeconds: null, isRoomLeft: true };
}

async function noteRefusal(ctx: Ctx, pause: SlotPause, isSilent: boolean): Promise<Start> {
  const { slot, tries } = pause;
  await recordTry(ctx, { slot, isSilent });
  const since = new Date(pause.since).toISOString();
  ctx.log.error(isSilent ? 'slot.silent' : 'slot.refuses', { slot, since, tries });
  return { ringAfterSeconds: ringDelaySeconds(ctx, pause), isRoomLeft: false };
}

async function askSlot(ctx: Ctx, slot: string): Promise<'ready' | 'refuses' | 'silent'> {
  try {
    const { draining, jobs, capacity } = await ctx.downloader.health(slot);
    return draining || jobs.length >= capacity ? 'refuses' : 'ready';
  } catch {
    return 'silent';
  }
}
