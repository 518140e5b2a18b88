/** The rows that are written together with the end of every job. What a kind of job adds is in `kinds/`. */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../../context.ts';
import { boundRow } from '../../db/bound-row.ts';
import { attempts, jobs } from '../../db/tables/jobs.ts';
import { ledger } from '../../db/tables/ledger.ts';
import { CLOSED_COLUMNS } from './closed-attempt.ts';
import type { EndStatement, JobEnd } from './job-end.ts';
import { kindOf } from '../kinds/kinds.ts';

/** To write more rows with every end (usage, batches), add a statement here. */
const STATEMENTS: readonly EndStatement[] = [insertLedgerRow];

/** The statements of this end, in the order of their execution. */
export function endStatements(ctx: Ctx, end: JobEnd): BatchItem<'sqlite'>[] {
  return [...STATEMENTS, ...kindOf(end.job).endStatements]
    .map((statement) => statement(ctx, end))
    .filter((statement) => statement !== null);
}

function insertLedgerRow(ctx: Ctx, { job, status, bill, isEnded }: JobEnd) {
  const { id: jobId, workspaceId } = job;
  const row = { id: ctx.newId(), jobId, workspaceId, status, ...bill, createdAt: ctx.now() };
  return ctx.db.insert(ledger).select(ctx.db.select(boundRow(ledger, row)).from(jobs).where(isEnded));
}

/**
 * Closes the row of the attempt once, if an earlier statement of the batch moved the job out of `processing`. Returns the
 * row when it did.
 */
export function closeAttempt(ctx: Ctx, { job, attemptEnd }: Pick<JobEnd, 'job' | 'attemptEnd'>) {
  const { outcome, failure } = attemptEnd;
  return ctx.db
    .update(attempts)
    .set({
      outcome,
      endedAt: ctx.now(),
      errorCode: failure?.code ?? null,
      errorDetail: failure?.detail ?? null,
    })
    .where(
      and(
        eq(attempts.jobId, job.id),
        eq(attempts.attempt, job.attempt),
        isNull(attempts.endedAt),
        sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${job.id} AND ${jobs.attempt} = ${job.attempt} AND ${jobs.status} <> 'processing')`,
      ),
    )
    .returning(CLOSED_COLUMNS);
}
