/** Chooses the database of a new workspace, which stays there. */
import { sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { everyDatabase } from '../../databases/every-database.ts';
import { workspaces } from '../../db/tables/workspaces.ts';
import { databaseOfId } from '../../ids.ts';

/** Where an ID has the number of its database: the third group. */
const MARK = sql`substr(${workspaces.id}, 15, 4)`;

/**
 * The context with the database that has the fewest workspaces. The first database is the directory: it has a row for each
 * workspace, whose ID names its database. With one database, nothing is asked.
 */
export async function chooseDatabase(ctx: Ctx): Promise<Ctx> {
  const all = everyDatabase(ctx);
  if (all.length === 1) return ctx;
  const rows = await ctx.db
    .select({ id: sql<string>`max(${workspaces.id})`, count: sql<number>`count(*)` })
    .from(workspaces)
    .groupBy(sql`CASE WHEN ${MARK} LIKE '8%' THEN ${MARK} END`);
  const countOf = new Map(rows.map(({ id, count }) => [databaseOfId(id), count]));
  const counts = all.map(({ database }) => countOf.get(database) ?? 0);
  return all[counts.indexOf(Math.min(...counts))] ?? ctx;
}
