import type { Ctx } from '../context.ts';
import type { ImportRequest } from '../contract/api/import-request.ts';
import type { JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { ring } from '../doorbell/ring.ts';

/** Creates an import job. It runs even if the doorbell message is lost. `warnings` are those that its request causes. */
export async function createImport(
  ctx: Ctx,
  {
    workspaceId,
    request,
    warnings = [],
  }: { workspaceId: string; request: ImportRequest; warnings?: string[] },
): Promise<JobRow> {
  const now = ctx.now();
  const [job] = await ctx.db
    .insert(jobs)
    .values({
      id: ctx.newId(),
      workspaceId,
      kind: 'import',
      status: 'queued',
      request,
      warnings: warnings.length > 0 ? warnings : null,
      runAfter: now,
      createdAt: now,
    })
    .returning();
  if (!job) throw new Error('the job was not inserted');
  await ring(ctx);
  return job;
}
