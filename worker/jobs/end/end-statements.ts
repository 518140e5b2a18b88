/** The rows that are written together with the end of every job. What a kind of job adds is in `kinds/`. */
import { and, eq, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Ctx } from '../../context.ts';
import { selectRow } from '../../db/bound-row.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { ledger } from '../../db/tables/ledger.ts';
import { insertClosed } from './closed-attempt.ts';
import type { EndStatement, JobEnd } from './job-end.ts';
import { isLate } from '../../usage/bill-range.ts';
import { kindOf } from '../kinds/kinds.ts';

/** To write more rows with every end, add a statement here. */
const STATEMENTS: readonly EndStatement[] = [insertLedgerRow, disownStored];

/** The statements of this end, in the order of their execution. */
export function endStatements(ctx: Ctx, end: JobEnd): BatchItem<'sqlite'>[] {
  return [...STATEMENTS, ...kindOf(end.job).endStatements]
    .map((statement) => statement(ctx, end))
    .filter((statement) => statement !== null);
}

function insertLedgerRow(ctx: Ctx, end: JobEnd) {
  const { job, status, attemptEnd, bill, charge, isEnded } = end;
  const { id: jobId, workspaceId, kind, createdBy: keyId, sourceHost: host } = job;
  const code = status === 'failed' ? (attemptEnd.failure?.code ?? job.errorCode) : null;
  const about = { jobId, workspaceId, status, kind, keyId, host, code };
  const createdAt = ctx.now();
  const billed = { bytes: bill.bytes, ...charge, destination: destinationOf(end) };
  const row = { id: ctx.newId(), ...about, ...billed, createdAt, isLate: isLate(createdAt) };
  return ctx.db.insert(ledger).select(selectRow(ledger, row, sql`FROM ${jobs} WHERE ${isEnded}`));
}

/** The name of the destination that has the file of a completed job, of several the one of the primary upload. */
function destinationOf({ job, status }: JobEnd) {
  if (status !== 'completed') return sql`NULL`;
  return sql`(SELECT place.name FROM ${placements} JOIN ${destinations} AS place ON place.id = ${placements.destinationId}
    WHERE ${placements.jobId} = ${job.id} AND ${placements.attempt} = ${job.attempt} AND ${placements.status} = 'stored' ORDER BY ${placements.isSecondary} LIMIT 1)`;
}

/**
 * What a canceled job has stored belongs to nobody. As an unfinished upload, it is found by every sweep until it is removed, also
 * when the Worker dies after this batch, or the storage does not answer.
 */
function disownStored(ctx: Ctx, { job, status, isEnded }: JobEnd) {
  if (status !== 'canceled') return null;
  return ctx.db
    .update(placements)
    .set({ status: 'completing' })
    .where(
      and(
        eq(placements.jobId, job.id),
        eq(placements.status, 'stored'),
        sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${isEnded})`,
      ),
    );
}

/**
 * Writes the row of the attempt that `job` was read with, once, if an earlier statement of the batch moved the job out of `processing`.
 * Returns the row when it did.
 */
export function closeAttempt(ctx: Ctx, { job, attemptEnd }: Pick<JobEnd, 'job' | 'attemptEnd'>) {
  const { outcome, failure } = attemptEnd;
  const [errorCode, errorDetail] = [failure?.code ?? null, failure?.detail ?? null];
  const isOver = sql`${job.status} = 'processing' AND ${jobs.status} <> 'processing'`;
  return insertClosed(
    ctx,
    { slot: job.slot ?? '', outcome, errorCode, errorDetail },
    { which: and(eq(jobs.id, job.id), eq(jobs.attempt, job.attempt), isOver) },
  );
}
