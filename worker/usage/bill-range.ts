/** Finds the bills of a range of time, although their key begins with workspace and job: the ID of a job tells when it was made. */
import { and, eq, gte, lt, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { jobs } from '../db/tables/jobs.ts';
import { ledger } from '../db/tables/ledger.ts';
import { idPrefixOf } from '../ids.ts';

/** A job that ends longer after its start is late: an index finds its bill. */
const LATE_MS = 24 * 3600_000;

/** Whether the bill of a selected job that ends now, in Unix milliseconds, is late. */
export function isLate(now: number): SQL {
  return sql`NOT (${jobs.id} >= ${idPrefixOf(now - LATE_MS)} AND ${jobs.id} < ${idPrefixOf(now + 1)})`;
}

interface Range {
  workspaceId: string;
  /** Jobs that ended at this time or later, and before that one, in Unix milliseconds. */
  from: number;
  to: number;
}

/** The rows of `ledger` in a range, under the same name. It reads those of one day more. */
export function billsIn(ctx: Ctx, { workspaceId, from, to }: Range) {
  const { createdAt, jobId } = ledger;
  const isInRange = and(eq(ledger.workspaceId, workspaceId), gte(createdAt, from), lt(createdAt, to));
  const select = (which: SQL | undefined) => ctx.db.select().from(ledger).where(and(isInRange, which));
  const isNear = and(gte(jobId, idPrefixOf(from - LATE_MS)), lt(jobId, idPrefixOf(to)));
  return select(and(sql`is_late = 0`, isNear))
    .unionAll(select(sql`is_late = 1`))
    .as('ledger');
}
