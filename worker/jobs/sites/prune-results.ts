import { lt, sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { siteResults } from '../../db/tables/sites.ts';
import { firstHour } from './site-hours.ts';

/** Rows that one sweep deletes. */
const MAX_ROWS = 1000;

/** Deletes the oldest results of sites that are more than a day old. */
export async function pruneSiteResults(ctx: Ctx): Promise<void> {
  const rowid = sql`${siteResults}.rowid`;
  const old = ctx.db
    .select({ rowid })
    .from(siteResults)
    .where(lt(siteResults.hour, firstHour(ctx.now())))
    .limit(MAX_ROWS);
  await ctx.db.delete(siteResults).where(sql`rowid IN ${old}`);
}
