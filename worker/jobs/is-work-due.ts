/** Whether a job waits that may start now. */
import { and, eq, lte, or, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';

/** Which jobs: only pages, or only others; by default both. */
interface Which {
  pages?: boolean;
}

/** In the common queue, or for a slot of its own. */
export async function isWorkDue(ctx: Ctx, which: Which = {}): Promise<boolean> {
  return (await selectWorkDue(ctx, which)).length > 0;
}

/** The same as a statement for a batch: it returns a row if work is due. */
export function selectWorkDue(ctx: Ctx, which: Which = {}) {
  return ctx.db
    .select({ one: sql`1` })
    .from(sql`(SELECT 1)`)
    .where(or(...commonDue(ctx, which), aloneDue(ctx, which)));
}

/** Whether a workspace that may start a job has one in the common queue that is due. */
export async function isCommonWorkDue(ctx: Ctx, which: Which = {}): Promise<boolean> {
  const rows = await ctx.db
    .select({ one: sql`1` })
    .from(sql`(SELECT 1)`)
    .where(or(...commonDue(ctx, which)));
  return rows.length > 0;
}

/** Each is one look into the index `workspaces_claimable` or `workspaces_page_claimable`. */
function commonDue(ctx: Ctx, { pages }: Which): SQL[] {
  const isDue = (dueAt: SQL) =>
    sql`EXISTS (SELECT 1 FROM ${workspaces} WHERE ${dueAt} IS NOT NULL AND running < max_concurrent AND ${dueAt} <= ${ctx.now()})`;
  return [
    ...(pages === true ? [] : [isDue(sql.raw('next_due_at'))]),
    ...(pages === false ? [] : [isDue(sql.raw('next_page_due_at'))]),
  ];
}

function aloneDue(ctx: Ctx, { pages }: Which): SQL {
  const { status, aloneAfter, isPage } = jobs;
  const isKind = pages === undefined ? undefined : eq(isPage, pages);
  const due = and(
    sql`${status} = 'queued' AND ${aloneAfter} IS NOT NULL`,
    lte(aloneAfter, ctx.now()),
    isKind,
  );
  return sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${due})`;
}
