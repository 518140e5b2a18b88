import type { ImportView } from '../../contract/api/import-view.ts';
import type { Ctx } from '../../context.ts';
import { getJob } from '../../jobs/details/get-job.ts';
import { toImportView } from '../../views/import-view.ts';

/** Reads imports and store jobs of the workspace in their public shape. AppError `job_not_found`. */
export function importReader(ctx: Ctx, workspaceId: string): (jobId: string) => Promise<ImportView> {
  return async (jobId) => toImportView(ctx, await getJob(ctx, { workspaceId, jobId }));
}
