/** The limit of unfinished imports, for plans that refuse further ones. With other plans, imports wait for their turn. */
import { and, eq, ne, or, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { parsePlans, type PlanName } from '../contract/plans.ts';
import { jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { AppError } from '../errors.ts';

/** The terms of the index `jobs_list_by_status`: a few rows are read, however many imports have ended. */
const ACTIVE = sql`(SELECT count(*) FROM ${jobs} AS active
  WHERE active.workspace_id = ${workspaces.id} AND active.status IN ('queued', 'processing')
    AND active.kind = 'import' AND active.deleted_at IS NULL)`;

/** Selects rows of workspaces that may start so many imports more; undefined when no plan refuses any. */
export function hasFreePlaces(ctx: Ctx, count = 1): SQL | undefined {
  const limits = Object.entries(limitsOf(ctx));
  return and(
    ...limits.map(([plan, limit]) =>
      or(ne(workspaces.plan, plan as PlanName), sql`${ACTIVE} + ${count} <= ${limit}`),
    ),
  );
}

/**
 * Why so many imports of the workspace were refused, in the words and members of Importly; null when its number of unfinished
 * imports was not the reason.
 */
export async function concurrencyRefusal(ctx: Ctx, workspaceId: string, count = 1): Promise<AppError | null> {
  const [workspace] = await ctx.db
    .select({ plan: workspaces.plan, queued: workspaces.queued, active: sql<number>`${ACTIVE}` })
    .from(workspaces)
    .where(eq(workspaces.id, workspaceId));
  if (!workspace || workspace.queued + count > ctx.config.MAX_QUEUED_JOBS) return null;
  const limit = limitsOf(ctx)[workspace.plan];
  if (limit === undefined) return null;
  const message = `Concurrent limit exceeded. Max ${limit} concurrent import jobs allowed.`;
  // An import may have ended since it was in the way.
  const currentConcurrent = Math.max(limit - count + 1, workspace.active);
  return new AppError('concurrency_limited', message, { concurrentLimit: limit, currentConcurrent });
}

/** The limits of the plans that have one. */
function limitsOf({ config }: Ctx): Partial<Record<PlanName, number>> {
  if (config.RATE_LIMITS === 'off') return {};
  const plans = Object.entries(parsePlans(config.PLANS));
  const limited = plans.filter(([, { maxConcurrentImports }]) => maxConcurrentImports !== undefined);
  return Object.fromEntries(limited.map(([name, { maxConcurrentImports }]) => [name, maxConcurrentImports]));
}
