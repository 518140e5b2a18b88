import type { Context } from 'hono';
import type { ImportView } from '../../contract/api/import-view.ts';
import type { Ctx } from '../../context.ts';
import { errorText } from '../../error-text.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { preferredWaitSeconds } from '../../http/prefer-wait.ts';
import { getJob } from '../../jobs/get-job.ts';
import { toImportView } from '../../views/import-view.ts';

/** With `Prefer: wait=N`: the job, if it ends within that time. Else, and without the header, the answer as it is. */
export async function waitIfPreferred<Queued extends { jobId: string }>(
  ctx: Ctx,
  c: Context<AppEnv>,
  queued: Queued,
): Promise<Queued | ImportView> {
  const seconds = preferredWaitSeconds(c.req.header('Prefer'));
  if (seconds === null) return queued;
  c.header('Preference-Applied', `wait=${seconds}`);
  const { jobId } = queued;
  if (!(await endsWithin(ctx, { jobId, waitMs: 1000 * seconds }))) return queued;
  const { workspaceId } = c.var.principal;
  return toImportView(ctx, await getJob(ctx, { workspaceId, jobId }));
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
