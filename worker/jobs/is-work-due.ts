import { sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { workspaces } from '../db/tables/workspaces.ts';

/** Whether a workspace that may start a job has one that is due. */
export async function isWorkDue(ctx: Ctx): Promise<boolean> {
  const [due] = await ctx.db
    .select({ one: sql`1` })
    .from(workspaces)
    .where(sql`next_due_at IS NOT NULL AND running < max_concurrent AND next_due_at <= ${ctx.now()}`)
    .limit(1);
  return due !== undefined;
}
