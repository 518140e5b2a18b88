import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { JobStatus } from '../contract/job.ts';
import type { JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';

interface ItemQuery {
  batchId: string;
  status?: JobStatus | undefined;
  /** The id of the last item of the page before. */
  after: string | null;
  limit: number;
}

/** A page of the imports of a batch in their order, without deleted ones. */
export function listItems(ctx: Ctx, { batchId, status, after, limit }: ItemQuery): Promise<JobRow[]> {
  return ctx.db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.batchId, batchId),
        isNull(jobs.deletedAt),
        status && eq(jobs.status, status),
        after === null ? undefined : gt(jobs.id, after),
      ),
    )
    .orderBy(asc(jobs.id))
    .limit(limit);
}
