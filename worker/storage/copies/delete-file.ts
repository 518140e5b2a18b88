import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import type { JobRow } from '../../db/rows.ts';
import { isVisibleJob } from '../../db/visible-job.ts';
import { AppError } from '../../errors.ts';

/**
 * Deletes what service storage has of a completed import before its retention ends; objects in a customer's bucket stay.
 * The import and its bill stay, too. Repeating it changes nothing. AppError `job_not_found` or `import_not_completed`.
 */
export async function deleteFile(
  ctx: Ctx,
  { workspaceId, importId }: { workspaceId: string; importId: string },
): Promise<JobRow> {
  const job = await ctx.db.query.jobs.findFirst({
    where: and(isVisibleJob({ workspaceId, jobId: importId }), eq(jobs.kind, 'import')),
  });
  if (!job) throw new AppError('job_not_found');
  if (job.status !== 'completed') throw new AppError('import_not_completed');
  await deleteObjects(ctx, job.id);
  return job;
}

/** Deletes what service storage has of a job. */
export async function deleteObjects(ctx: Ctx, jobId: string): Promise<void> {
  const stored = await ctx.db.query.placements.findMany({
    where: and(
      eq(placements.jobId, jobId),
      eq(placements.status, 'stored'),
      isNull(placements.destinationId),
    ),
  });
  if (stored.length === 0) return;
  // The objects first: a row that says "expired" promises that nothing is stored any more.
  await ctx.media.delete(stored.map(({ key }) => key));
  const ids = stored.map(({ id }) => id);
  await ctx.db
    .update(placements)
    .set({ status: 'expired' })
    .where(and(eq(placements.jobId, jobId), inArray(placements.id, ids)));
  ctx.log.info('file.deleted', { jobId, objects: stored.length });
}
