/** Keeps files of a destination with `fallback: "none"` out of service storage, even after the destination is deleted. */
import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { AppError } from '../../errors.ts';

/**
 * Marks the jobs that wait for a destination or upload to it. The statement runs before the deletion of the destination,
 * in one batch with it. `isReferred` selects the destination.
 */
export function keepJobsOutOfService(ctx: Ctx, isReferred: SQL | undefined) {
  const named = sql`json_extract(${jobs.request}, '$.storageDestination')`;
  const isListed = sql`EXISTS (SELECT 1 FROM json_each(${jobs.request}, '$.storageDestinations') WHERE value = ${destinations.name})`;
  const isMeant = sql`(json_extract(${jobs.request}, '$.store') = 1
    AND (${named} = ${destinations.name} OR (${named} IS NULL AND ${destinations.isDefault} = 1) OR ${isListed}))`;
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
 * To be called before a file goes to service storage because its destination is missing. AppError
 * `storage_not_configured` for a marked job. Reads the row again, because the deletion may be newer than the job's row.
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
