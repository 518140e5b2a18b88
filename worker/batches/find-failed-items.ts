import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { BatchRow, JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { AppError } from '../errors.ts';
import { findBatch, type BatchRef } from './find-batch.ts';

export interface FailedItems {
  batch: BatchRow;
  items: Pick<JobRow, 'id' | 'request'>[];
}

/**
 * The failed imports of a batch that has ended, in their order, without deleted ones. AppError `batch_not_found`,
 * `batch_not_ended`, or `batch_has_no_failures`.
 */
export async function findFailedItems(ctx: Ctx, ref: BatchRef): Promise<FailedItems> {
  const { batch } = await findBatch(ctx, ref);
  if (batch.finishedAt === null) throw new AppError('batch_not_ended');
  const items = await ctx.db
    .select({ id: jobs.id, request: jobs.request })
    .from(jobs)
    .where(and(eq(jobs.batchId, batch.id), eq(jobs.status, 'failed'), isNull(jobs.deletedAt)))
    .orderBy(asc(jobs.id));
  if (items.length === 0) throw new AppError('batch_has_no_failures');
  return { batch, items };
}
