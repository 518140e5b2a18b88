/** The part of the sweep that keeps the results of sites. */
import { lt, sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { siteResults } from '../../db/tables/sites.ts';
import { EVERYONE, firstHour, hourOf } from './site-hours.ts';

/** Old rows that one sweep deletes. */
const MAX_ROWS = 1000;

/** Adds up the results of all workspaces, and deletes the oldest results that are more than a day old. */
export async function sweepSiteResults(ctx: Ctx): Promise<void> {
  await ctx.db.batch([sumUp(ctx), prune(ctx)]);
}

/** For this hour and the one before it. Since the sweep does so, an import writes one row for its site, not two. */
function sumUp(ctx: Ctx) {
  const current = hourOf(ctx.now());
  const { hour, workspaceId, host, code, imports } = siteResults;
  return ctx.db
    .insert(siteResults)
    .select(
      sql`SELECT hour, ${EVERYONE}, host, code, sum(imports) FROM ${siteResults}
        WHERE hour IN (${current - 1}, ${current}) AND workspace_id > ${EVERYONE} GROUP BY hour, host, code`,
    )
    .onConflictDoUpdate({
      target: [hour, workspaceId, host, code],
      set: { imports: sql`excluded.imports` },
      setWhere: sql`${imports} <> excluded.imports`,
    });
}

function prune(ctx: Ctx) {
  const rowid = sql`${siteResults}.rowid`;
  const old = ctx.db
    .select({ rowid })
    .from(siteResults)
    .where(lt(siteResults.hour, firstHour(ctx.now())))
    .limit(MAX_ROWS);
  return ctx.db.delete(siteResults).where(sql`rowid IN ${old}`);
}
