import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { jobs } from '../../db/tables/jobs.ts';

/**
 * Marks an unfinished job: a request waits for its end until this time, in unix milliseconds. Whoever ends the job sees the
 * mark, and tells. False when the job has ended or does not exist.
 */
export async function markWaited(ctx: Ctx, jobId: string, until: number): Promise<boolean> {
  const marked = await ctx.db
    .update(jobs)
    .set({ waitedUntil: sql`max(coalesce(${jobs.waitedUntil}, 0), ${until})` })
    .where(and(eq(jobs.id, jobId), isNull(jobs.finishedAt)))
    .returning({ id: jobs.id });
  return marked.length > 0;
}
