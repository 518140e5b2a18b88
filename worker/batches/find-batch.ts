/** Reads batches with what the job of their playlist says. */
import { and, desc, eq, lt } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { BatchDetails } from '../db/rows.ts';
import { batches } from '../db/tables/batches.ts';
import { jobs } from '../db/tables/jobs.ts';
import { AppError } from '../errors.ts';

export interface BatchRef {
  workspaceId: string;
  batchId: string;
}

/** A batch of the workspace. AppError `batch_not_found`. */
export async function findBatch(ctx: Ctx, { workspaceId, batchId }: BatchRef): Promise<BatchDetails> {
  const [found] = await selectBatches(ctx).where(
    and(eq(batches.id, batchId), eq(batches.workspaceId, workspaceId)),
  );
  if (!found) throw new AppError('batch_not_found');
  return found;
}

/** A page of the batches of a workspace, the newest first. `after` is the id of the last batch of the page before. */
export function listBatches(
  ctx: Ctx,
  { workspaceId, after, limit }: { workspaceId: string; after: string | null; limit: number },
): Promise<BatchDetails[]> {
  return selectBatches(ctx)
    .where(and(eq(batches.workspaceId, workspaceId), after === null ? undefined : lt(batches.id, after)))
    .orderBy(desc(batches.id))
    .limit(limit);
}

function selectBatches(ctx: Ctx) {
  return ctx.db
    .select({ batch: batches, playlistJob: jobs })
    .from(batches)
    .leftJoin(jobs, eq(jobs.id, batches.id))
    .$dynamic();
}
