import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { jobs } from '../db/tables/jobs.ts';
import { isWorkDue } from './is-work-due.ts';

/** Jobs of one sweep. */
const MAX_JOBS = 200;

/** Without slots for pages, gives the pages that wait for one to the other slots. With such slots it changes nothing. */
export async function releasePages(ctx: Ctx): Promise<void> {
  if (ctx.config.PAGE_SLOTS > 0 || !(await isWorkDue(ctx, { pages: true }))) return;
  const common = sql`SELECT page.id FROM workspaces AS w CROSS JOIN ${jobs} AS page
    ON page.workspace_id = w.id AND page.status = 'queued' AND page.is_page = 1
    WHERE w.next_page_due_at IS NOT NULL AND w.running < w.max_concurrent`;
  const alone = sql`SELECT page.id FROM ${jobs} AS page
    WHERE page.status = 'queued' AND page.alone_after IS NOT NULL AND page.is_page = 1`;
  await ctx.db
    .update(jobs)
    .set({ isPage: false })
    .where(
      and(
        inArray(jobs.id, sql`(${common} UNION ${alone} LIMIT ${sql.raw(String(MAX_JOBS))})`),
        eq(jobs.status, 'queued'),
      ),
    );
}
