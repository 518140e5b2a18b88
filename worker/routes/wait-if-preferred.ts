import type { Context } from 'hono';
import type { Ctx } from '../context.ts';
import { errorText } from '../error-text.ts';
import type { AppEnv } from '../http/app-env.ts';
import { preferredWaitSeconds } from '../http/prefer-wait.ts';

/**
 * With `Prefer: wait=N`: what `readEnded` returns, if the job ends within that time. Else, and without the header, the
 * answer as it is.
 */
export async function waitIfPreferred<Queued extends { jobId: string }, Ended>(
  ctx: Ctx,
  c: Context<AppEnv>,
  { queued, readEnded }: { queued: Queued; readEnded: (jobId: string) => Promise<Ended> },
): Promise<Queued | Ended> {
  const seconds = preferredWaitSeconds(c.req.header('Prefer'));
  if (seconds === null) return queued;
  c.header('Preference-Applied', `wait=${seconds}`);
  const { jobId } = queued;
  const hasEnded = await endsWithin(ctx, { jobId, waitMs: 1000 * seconds });
  return hasEnded ? readEnded(jobId) : queued;
}

/** The job exists: an error of the wait must not look like one of the request. */
async function endsWithin(ctx: Ctx, order: { jobId: string; waitMs: number }): Promise<boolean> {
  try {
    return await ctx.watches.waitForEnd(order);
  } catch (error) {
    ctx.log.error('watch.wait_failed', { jobId: order.jobId, error: errorText(error) });
    return false;
  }
}
