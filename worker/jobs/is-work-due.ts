/** Whether a job waits that may start now. */
import { and, eq, isNotNull, lte, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';

/** Which jobs: only pages, or only others; by default both. */
interface Which {
  pages?: boolean;
}

/** In the common queue, or for a slot of its own. */
export async function isWorkDue(ctx: Ctx, which: Which = {}): Promise<boolean> {
  return (await isCommonWorkDue(ctx, which)) || (await isWorkDueAlone(ctx, which));
}

/** Whether a workspace that may start a job has one in the common queue that is due. */
export async function isCommonWorkDue(ctx: Ctx, { pages }: Which = {}): Promise<boolean> {
  // Each is one look into the index `workspaces_claimable` or `workspaces_page_claimable`.
  const isDue = (dueAt: SQL) =>
    sql`EXISTS (SELECT 1 FROM ${workspaces} WHERE ${dueAt} IS NOT NULL AND running < max_concurrent AND ${dueAt} <= ${ctx.now()})`;
  const terms = [
    ...(pages === true ? [] : [isDue(sql.raw('next_due_at'))]),
    ...(pages === false ? [] : [isDue(sql.raw('next_page_due_at'))]),
  ];
  const [row] = await ctx.db.all<{ isDue: number }>(sql`SELECT (${sql.join(terms, sql` OR `)}) AS isDue`);
  return row?.isDue === 1;
}

async function isWorkDueAlone(ctx: Ctx, { pages }: Which): Promise<boolean> {
  const { status, aloneAfter, isPage } = jobs;
  const isKind = pages === undefined ? undefined : eq(isPage, pages);
  const [due] = await ctx.db
    .select({ one: sql`1` })
    .from(jobs)
    .where(and(eq(status, 'queued'), isNotNull(aloneAfter), lte(aloneAfter, ctx.now()), isKind))
    .limit(1);
  return due !== undefined;
}
