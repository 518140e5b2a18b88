/** Whether a job waits that may start now. */
import { and, eq, isNotNull, lte, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';

/** In the common queue, or for a slot of its own. */
export async function isWorkDue(ctx: Ctx): Promise<boolean> {
  return (await isCommonWorkDue(ctx)) || (await isWorkDueAlone(ctx));
}

/** Whether a workspace that may start a job has one in the common queue that is due. */
export async function isCommonWorkDue(ctx: Ctx): Promise<boolean> {
  const [due] = await ctx.db
    .select({ one: sql`1` })
    .from(workspaces)
    .where(sql`next_due_at IS NOT NULL AND running < max_concurrent AND next_due_at <= ${ctx.now()}`)
    .limit(1);
  return due !== undefined;
}

async function isWorkDueAlone(ctx: Ctx): Promise<boolean> {
  const { status, aloneAfter } = jobs;
  const [due] = await ctx.db
    .select({ one: sql`1` })
    .from(jobs)
    .where(and(eq(status, 'queued'), isNotNull(aloneAfter), lte(aloneAfter, ctx.now())))
    .limit(1);
  return due !== undefined;
}
