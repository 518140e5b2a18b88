/** Files of a destination with `fallback: "none"` stay out of service storage, also when the destination is deleted under them. */
import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { AppError } from '../../errors.ts';

/**
 * The statement to run before, and in one batch with, the deletion of the destination that `isReferred` finds: it marks
 * the jobs that wait for it, or upload to it. Requests that come later know that there is none.
 */
export function keepJobsOutOfService(ctx: Ctx, isReferred: SQL | undefined) {
  const named = sql`json_extract(${jobs.request}, '$.storageDestination')`;
  const isMeant = sql`(json_extract(${jobs.request}, '$.store') = 1
    AND (${named} = ${destinations.name} OR (${named} IS NULL AND ${destinations.isDefault} = 1)))`;
  const isUsed = sql`EXISTS (SELECT 1 FROM ${placements} WHERE ${placements.jobId} = ${jobs.id}
    AND ${placements.attempt} = ${jobs.attempt} AND ${placements.destinationId} = ${destinations.id})`;
  const isForbidden = sql`EXISTS (SELECT 1 FROM ${destinations} WHERE ${isReferred}
    AND ${destinations.fallback} = 'none' AND ${destinations.workspaceId} = ${jobs.workspaceId}
    AND (${isMeant} OR ${isUsed}))`;
  return ctx.db
    .update(jobs)
    .set({ keepsOutOfService: true })
    .where(and(inArray(jobs.status, ['queued', 'processing']), isForbidden));
}

/**
 * Before a file goes to service storage because its destination is not there: AppError `storage_not_configured` for a
 * job that keeps out of it. The row is read anew: the deletion may be younger than what is known of the job.
 */
export async function requireServiceAllowed(ctx: Ctx, { id }: Pick<JobRow, 'id'>): Promise<void> {
  const [job] = await ctx.db
    .select({ keepsOutOfService: jobs.keepsOutOfService })
    .from(jobs)
    .where(eq(jobs.id, id));
  if (job?.keepsOutOfService)
    throw new AppError(
      'storage_not_configured',
      'the destination was deleted, and its settings kept files out of service storage',
    );
}
