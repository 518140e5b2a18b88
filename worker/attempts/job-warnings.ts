import { and, eq, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { jobs } from '../db/tables/jobs.ts';

/** Adds a warning to a job, unless the job already has it. */
export async function warnJob(
  ctx: Ctx,
  { jobId, warning }: { jobId: string; warning: string },
): Promise<void> {
  await ctx.db
    .update(jobs)
    .set({ warnings: sql`json_insert(coalesce(${jobs.warnings}, '[]'), '$[#]', ${warning})` })
    .where(
      and(
        eq(jobs.id, jobId),
        sql`NOT EXISTS (SELECT 1 FROM json_each(coalesce(${jobs.warnings}, '[]')) WHERE value = ${warning})`,
      ),
    );
}
