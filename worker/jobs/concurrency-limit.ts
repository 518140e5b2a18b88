/** The limits of unfinished jobs, for plans that refuse further ones. With other plans, jobs wait for their turn. */
import { and, eq, ne, or, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { Plan, PlanName } from '../contract/plans.ts';
import { jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { AppError } from '../errors.ts';

/** Jobs that a plan counts together. */
interface Counted {
  limit: keyof Plan;
  /** In the sentence of the refusal, as Importly writes it. */
  name: string;
  /** The terms of an index of unfinished jobs: a few rows are read, however many jobs have ended. */
  terms: SQL;
}

const COUNTED = {
  imports: {
    limit: 'maxConcurrentImports',
    name: 'import',
    terms: sql`active.kind = 'import' AND active.deleted_at IS NULL AND active.status IN ('queued', 'processing')`,
  },
  metadata: {
    limit: 'maxConcurrentMetadata',
    name: 'metadata',
    terms: sql`active.kind IN ('metadata', 'basic_metadata') AND active.status IN ('queued', 'processing')`,
  },
} as const satisfies Record<string, Counted>;

/** Jobs that a request starts. */
export interface StartedJobs {
  counted: keyof typeof COUNTED;
  /** Default: 1. */
  count?: number;
}

/** Selects rows of workspaces that may start these jobs; undefined when no plan refuses any. */
export function hasFreePlaces(ctx: Ctx, { counted, count = 1 }: StartedJobs): SQL | undefined {
  const active = countActive(COUNTED[counted]);
  const limits = Object.entries(limitsOf(ctx, COUNTED[counted]));
  return and(
    ...limits.map(([plan, limit]) =>
      or(ne(workspaces.plan, plan as PlanName), sql`${active} + ${count} <= ${limit}`),
    ),
  );
}

/**
 * Why these jobs of the workspace were refused, in the words and members of Importly; null when its number of unfinished jobs
 * was not the reason.
 */
export async function concurrencyRefusal(
  ctx: Ctx,
  workspaceId: string,
  { counted, count = 1 }: StartedJobs,
): Promise<AppError | null> {
  const active = countActive(COUNTED[counted]);
  const [workspace] = await ctx.db
    .select({ plan: workspaces.plan, queued: workspaces.queued, active: sql<number>`${active}` })
    .from(workspaces)
    .where(eq(workspaces.id, workspaceId));
  if (!workspace || workspace.queued + count > ctx.config.MAX_QUEUED_JOBS) return null;
  const limit = limitsOf(ctx, COUNTED[counted])[workspace.plan];
  if (limit === undefined) return null;
  const message = `Concurrent limit exceeded. Max ${limit} concurrent ${COUNTED[counted].name} jobs allowed.`;
  // A job may have ended since it was in the way.
  const currentConcurrent = Math.max(limit - count + 1, workspace.active);
  return new AppError('concurrency_limited', message, { concurrentLimit: limit, currentConcurrent });
}

function countActive({ terms }: Counted): SQL {
  return sql`(SELECT count(*) FROM ${jobs} AS active WHERE active.workspace_id = ${workspaces.id} AND ${terms})`;
}

/** The limits of the plans that have one. */
function limitsOf({ config }: Ctx, { limit }: Counted): Partial<Record<PlanName, number>> {
  if (config.RATE_LIMITS === 'off') return {};
  const plans = Object.entries(config.PLANS).flatMap(([name, { [limit]: most }]) =>
    most === undefined ? [] : [[name, most] as const],
  );
  return Object.fromEntries(plans);
}
