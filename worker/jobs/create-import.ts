import type { Ctx } from '../context.ts';
import type { ImportRequest } from '../contract/api/import-request.ts';
import type { JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { ring } from '../doorbell/ring.ts';

/** Makes the job; from then on it will end, whatever becomes of the doorbell. `warnings` are what its request lets expect. */
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
