import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { errorText } from '../../error-text.ts';

/**
 * Tells the requests that wait for the end of this job, if there are any. Works in the background, and never throws: a
 * request that was not told asks the database when its time is over.
 */
export function tellWaiting(ctx: Ctx, { id, waitedUntil }: JobRow): void {
  if (waitedUntil !== null && waitedUntil > ctx.now()) ctx.background(tell(ctx, id));
}

async function tell(ctx: Ctx, jobId: string): Promise<void> {
  try {
    await ctx.watches.tellEnd(jobId);
  } catch (error) {
    ctx.log.error('watch.tell_failed', { jobId, error: errorText(error) });
  }
}
