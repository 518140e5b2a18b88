import type { Ctx } from '../context.ts';
import type { ImportRequest } from '../contract/api/import-request.ts';
import { boundRow } from '../db/bound-row.ts';
import type { JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { ring } from '../doorbell/ring.ts';
import { hasQueueRoom, queueFull } from './queue-limit.ts';

/**
 * Creates an import job. It runs even if the doorbell message is lost. `warnings` are those that its request causes.
 * AppError `queue_full` when too many jobs of the workspace wait.
 */
export async function createImport(
  ctx: Ctx,
  {
    workspaceId,
    request,
    warnings = [],
  }: { workspaceId: string; request: ImportRequest; warnings?: string[] },
): Promise<JobRow> {
  const now = ctx.now();
  const row = boundRow(jobs, {
    id: ctx.newId(),
    workspaceId,
    kind: 'import',
    status: 'queued',
    request,
    warnings: warnings.length > 0 ? warnings : null,
    runAfter: now,
    createdAt: now,
  });
  const [job] = await ctx.db
    .insert(jobs)
    .select(ctx.db.select(row).from(workspaces).where(hasQueueRoom(ctx, workspaceId)))
    .returning();
  if (!job) throw queueFull(ctx);
  await ring(ctx);
  return job;
}
