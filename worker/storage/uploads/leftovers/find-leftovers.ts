/** Finds what ended attempts left in storage: unfinished uploads, and stored files that no job shows. */
import { and, eq, not, or, sql, type SQL } from 'drizzle-orm';
import type { AttemptRef } from '../../../attempts/attempt-token.ts';
import type { Ctx } from '../../../context.ts';
import { placements } from '../../../db/tables/artifacts.ts';
import { jobs } from '../../../db/tables/jobs.ts';
import type { PlacementRow } from '../../../db/rows.ts';

/** Everything that these attempts left behind; nothing of those that still run. */
export async function findLeftoversOf(ctx: Ctx, attempts: AttemptRef[]): Promise<PlacementRow[]> {
  const ended = sql`(SELECT value ->> 'jobId' AS job_id, value ->> 'attempt' AS attempt
    FROM json_each(${JSON.stringify(attempts)})) AS ended`;
  const rows = await ctx.db
    .select({ placement: placements })
    .from(placements)
    .innerJoin(
      ended,
      and(eq(placements.jobId, sql`ended.job_id`), eq(placements.attempt, sql`ended.attempt`)),
    )
    .innerJoin(jobs, eq(jobs.id, placements.jobId))
    .where(and(hasEnded(), or(isUnfinished(), isStoredInVain())));
  return rows.map(({ placement }) => placement);
}

/**
 * Unfinished uploads of all ended attempts: one of each destination, then a second of each, and so on, so that many
 * leftovers of one destination do not keep the others waiting. The order of the destinations is random: each gets its
 * turn, even if most of them do not answer.
 */
export async function findUnfinished(ctx: Ctx, limit: number): Promise<PlacementRow[]> {
  const rows = await ctx.db
    .select({ placement: placements })
    .from(placements)
    .innerJoin(jobs, eq(jobs.id, placements.jobId))
    .where(and(hasEnded(), isLeft()))
    .orderBy(
      sql`row_number() OVER (PARTITION BY ${placements.destinationId} ORDER BY ${placements.createdAt}, ${placements.id})`,
      sql`random()`,
    )
    .limit(limit);
  return rows.map(({ placement }) => placement);
}

function isOfLastAttempt(): SQL {
  return eq(jobs.attempt, placements.attempt);
}

function hasEnded(): SQL {
  return sql`NOT (${jobs.status} = 'processing' AND ${isOfLastAttempt()})`;
}

function isUnfinished(): SQL {
  return sql`${placements.status} IN ('open', 'completing')`;
}

/** Also the term of the index `placements_left`, to the letter: SQLite uses a partial index only then. */
function isLeft(): SQL {
  return sql`${placements.isLeft} = 1 AND ${isUnfinished()}`;
}

/**
 * Stored files that no completed job shows. In a customer's bucket only those of canceled jobs: a retry overwrites the
 * file, and that of a failed job is complete.
 */
function isStoredInVain(): SQL | undefined {
  const isShown = and(eq(jobs.status, 'completed'), isOfLastAttempt());
  const isOfCanceled = eq(jobs.status, 'canceled');
  const isInService = sql`${placements.destinationId} IS NULL`;
  return and(
    eq(placements.status, 'stored'),
    or(and(isInService, sql`NOT (${isShown})`), and(not(isInService), isOfCanceled)),
  );
}
