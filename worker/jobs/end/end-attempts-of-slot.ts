import { and, eq, isNotNull, lte } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { attempts, jobs } from '../../db/tables/jobs.ts';
import { errorText } from '../../error-text.ts';
import { endAttempt } from './end-attempt.ts';

/**
 * Ends the attempts that ran in an instance which has ended, so that their jobs need not wait for their leases. It costs
 * each one failure; jobs that the downloader handed back are not there any more. `stoppedAt` is in unix milliseconds:
 * attempts that were accepted later run in another instance. Never throws: the sweep finds what is left.
 */
export async function endAttemptsOfSlot(
  ctx: Ctx,
  { slot, stoppedAt }: { slot: string; stoppedAt: number },
): Promise<void> {
  try {
    const rows = await ctx.db
      .select({ job: jobs })
      .from(jobs)
      .innerJoin(attempts, and(eq(attempts.jobId, jobs.id), eq(attempts.attempt, jobs.attempt)))
      .where(
        and(
          eq(jobs.slot, slot),
          eq(jobs.status, 'processing'),
          isNotNull(attempts.acceptedAt),
          lte(attempts.acceptedAt, stoppedAt),
        ),
      );
    for (const { job } of rows) {
      await endAttempt(ctx, { job, loss: { outcome: 'expired', failure: { code: 'downloader_lost' } } });
    }
  } catch (error) {
    ctx.log.error('slot.end_failed', { slot, error: errorText(error) });
  }
}
