/** The success rates of sites in the last day, for a workspace, and for everyone where this reveals nobody. */
import { and, eq, sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { Code } from '../../contract/codes.ts';
import type { Site, SiteCounts } from '../../contract/site-counts.ts';
import { askEvery } from '../../databases/every-database.ts';
import { siteResults } from '../../db/tables/sites.ts';
import { EVERYONE, isLastDay } from './site-hours.ts';

/** Fewer workspaces than this could conclude from the sum what the others import. */
export const LEAST_WORKSPACES = 3;
/** Hosts of one answer, those with the most imports. */
const MAX_SITES = 100;

/** The hosts from which the workspace has imported, those with the most imports first; or this host alone. */
export async function readSites(ctx: Ctx, workspaceId: string, host?: string): Promise<Site[]> {
  const own = host === undefined ? await countOwn(ctx, workspaceId) : await count(ctx, workspaceId, [host]);
  const hosts = host === undefined ? [...own.keys()] : [host];
  const shared = await findShared(ctx, hosts);
  const everyone = await count(ctx, EVERYONE, shared);
  return hosts.map((host) => ({
    host,
    own: own.get(host) ?? new Map(),
    everyone: everyone.get(host) ?? null,
  }));
}

/** The same hosts for all workspaces together, for the operator alone: a host can reveal who imports from it. */
export async function readSitesOfEveryone(ctx: Ctx): Promise<Site[]> {
  const sums = new Map<string, Map<Code | '', number>>();
  for (const counts of await askEvery(ctx, (own) => countOwn(own, EVERYONE))) {
    for (const [host, byCode] of counts) {
      const sum = sums.get(host) ?? new Map<Code | '', number>();
      for (const [code, imports] of byCode) sum.set(code, (sum.get(code) ?? 0) + imports);
      sums.set(host, sum);
    }
  }
  return [...sums].map(([host, own]) => ({ host, own, everyone: null }));
}

async function countOwn(ctx: Ctx, workspaceId: string): Promise<Map<string, SiteCounts>> {
  const total = sql`sum(${siteResults.imports})`;
  const top = await ctx.db
    .select({ host: siteResults.host })
    .from(siteResults)
    .where(and(isLastDay(ctx.now()), eq(siteResults.workspaceId, workspaceId)))
    .groupBy(siteResults.host)
    .orderBy(sql`${total} DESC`, siteResults.host)
    .limit(MAX_SITES);
  const hosts = top.map(({ host }) => host);
  const counts = await count(ctx, workspaceId, hosts);
  return new Map(hosts.map((host) => [host, counts.get(host) ?? new Map()]));
}

async function count(ctx: Ctx, workspaceId: string, hosts: string[]): Promise<Map<string, SiteCounts>> {
  const counts = new Map<string, Map<Code | '', number>>();
  if (hosts.length === 0) return counts;
  const rows = await ctx.db
    .select({
      host: siteResults.host,
      code: siteResults.code,
      imports: sql<number>`sum(${siteResults.imports})`,
    })
    .from(siteResults)
    .where(and(isLastDay(ctx.now()), eq(siteResults.workspaceId, workspaceId), isOneOf(hosts)))
    .groupBy(siteResults.host, siteResults.code)
    .orderBy(siteResults.host, siteResults.code);
  for (const { host, code, imports } of rows) {
    counts.set(host, (counts.get(host) ?? new Map<Code | '', number>()).set(code, imports));
  }
  return counts;
}

/** The hosts from which enough workspaces have imported. Reads at most three workspaces of each. */
async function findShared(ctx: Ctx, hosts: string[]): Promise<string[]> {
  const others = sql`(SELECT DISTINCT workspace_id FROM ${siteResults} WHERE host = asked.value AND workspace_id > ${EVERYONE} LIMIT ${sql.raw(String(LEAST_WORKSPACES))})`;
  const rows = await ctx.db.all<{ host: string }>(
    sql`SELECT asked.value AS host FROM json_each(${JSON.stringify(hosts)}) AS asked WHERE (SELECT count(*) FROM ${others}) = ${LEAST_WORKSPACES}`,
  );
  return rows.map(({ host }) => host);
}

/** One bound value, however many hosts. */
function isOneOf(hosts: string[]) {
  return sql`${siteResults.host} IN (SELECT value FROM json_each(${JSON.stringify(hosts)}))`;
}
