import type { Context } from 'hono';
import type { Ctx } from '../context.ts';
import { errorText } from '../error-text.ts';
import type { AppEnv } from '../http/app-env.ts';
import { preferredWaitSeconds } from '../http/prefer-wait.ts';

/**
 * With `Prefer: wait=N`: what `readEnded` returns, if the job ends within that time. Else, without the header, and when too
 * many requests of the workspace wait already, the answer as it is.
 */
export async function waitIfPreferred<Queued extends { jobId: string }, Ended>(
  ctx: Ctx,
  c: Context<AppEnv>,
  { queued, readEnded }: { queued: Queued; readEnded: (jobId: string) => Promise<Ended> },
): Promise<Queued | Ended> {
  const seconds = preferredWaitSeconds(c.req.header('Prefer'));
  if (seconds === null) return queued;
  const { workspaceId } = c.var.principal;
  const { jobId } = queued;
  const hasEnded = await endsWithin(ctx, { workspaceId, jobId, waitMs: 1000 * seconds });
  if (hasEnded !== null) c.header('Preference-Applied', `wait=${seconds}`);
  return hasEnded ? readEnded(jobId) : queued;
}

/** The job exists: an error of the wait must not look like one of the request. Null when nothing was waited for. */
async function endsWithin(
  ctx: Ctx,
  order: { workspaceId: string; jobId: string; waitMs: number },
): Promise<boolean | null> {
  try {
    return await ctx.watches.waitForEnd(order);
  } catch (error) {
    ctx.log.error('watch.wait_failed', { jobId: order.jobId, error: errorText(error) });
    return null;
  }
}
