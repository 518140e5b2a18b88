/** Puts many jobs back into the queue at once, when their downloaders were lost together. */
import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import { announcedSource } from '../../attempts/source-columns.ts';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import type { QueuePlace } from '../alone/crashes.ts';
import { insertClosed } from './closed-attempt.ts';
import { recordAttemptEnd } from './record-ends.ts';

/** `place` is where the job waits now. `expired`: it has failed once more. */
export type LostAttempt = { job: JobRow; place: QueuePlace } & (
  { outcome: 'undelivered' } | { outcome: 'expired'; failures: number }
);

/**
 * Requeues the jobs in two statements, and returns them as they are now. Skips a job for which `isLost` no longer holds, that is
 * being canceled, or whose file was stored since it was read.
 */
export async function requeueLost(ctx: Ctx, lost: LostAttempt[], isLost: SQL | undefined): Promise<JobRow[]> {
  if (lost.length === 0) return [];
  const table = asTable(lost);
  const [moved, closed] = await ctx.db.batch([requeueJobs(ctx, table, isLost), closeAttempts(ctx, table)]);
  const before = new Map(lost.map(({ job }) => [job.id, job]));
  const after = new Map(moved.map((job) => [job.id, job]));
  for (const row of closed) {
    const [was, is] = [before.get(row.jobId), after.get(row.jobId)];
    if (was && is) recordAttemptEnd(ctx, { closed: row, before: was, after: is });
  }
  return moved;
}

/** One bound value however many attempts. */
function asTable(lost: LostAttempt[]) {
  const rows = lost.map(({ job, ...end }) => {
    const { outcome } = end;
    const { failures } = outcome === 'expired' ? end : job;
    const { runAfter, aloneAfter, crashes } = end.place;
    const errorCode = outcome === 'expired' ? 'downloader_lost' : null;
    return {
      id: job.id,
      attempt: job.attempt,
      slot: job.slot ?? '',
      outcome,
      runAfter,
      aloneAfter,
      failures,
      crashes,
      errorCode,
    };
  });
  return sql`(SELECT value ->> 'id' AS job_id, value ->> 'attempt' AS attempt, value ->> 'slot' AS slot, value ->> 'outcome' AS outcome,
    value ->> 'runAfter' AS run_after, value ->> 'aloneAfter' AS alone_after, value ->> 'failures' AS failures,
    value ->> 'crashes' AS crashes, value ->> 'errorCode' AS error_code
    FROM json_each(${JSON.stringify(rows)})) AS lost`;
}

function requeueJobs(ctx: Ctx, table: ReturnType<typeof asTable>, isLost: SQL | undefined) {
  const isExpired = sql`lost.error_code IS NOT NULL`;
  return ctx.db
    .update(jobs)
    .set({
      ...announcedSource(),
      status: 'queued',
      stage: null,
      slot: null,
      leaseUntil: null,
      bytesDone: 0,
      bytesTotal: null,
      runAfter: sql`lost.run_after`,
      aloneAfter: sql`lost.alone_after`,
      failures: sql`lost.failures`,
      crashes: sql`lost.crashes`,
      errorCode: sql`CASE WHEN ${isExpired} THEN lost.error_code ELSE ${jobs.errorCode} END`,
      errorDetail: sql`CASE WHEN ${isExpired} THEN NULL ELSE ${jobs.errorDetail} END`,
    })
    .from(table)
    .where(
      and(
        eq(jobs.id, sql`lost.job_id`),
        eq(jobs.attempt, sql`lost.attempt`),
        eq(jobs.status, 'processing'),
        isNull(jobs.cancelRequestedAt),
        isLost,
        // A file may have been stored meanwhile: such an attempt must not run again.
        sql`NOT EXISTS (SELECT 1 FROM ${placements} WHERE ${placements.jobId} = ${jobs.id}
          AND ${placements.attempt} = ${jobs.attempt} AND ${placements.status} = 'stored')`,
      ),
    )
    .returning();
}

/** Writes the rows of those attempts whose jobs the statement before has requeued. */
function closeAttempts(ctx: Ctx, table: ReturnType<typeof asTable>) {
  return insertClosed(
    ctx,
    { slot: sql`lost.slot`, outcome: sql`lost.outcome`, errorCode: sql`lost.error_code`, errorDetail: null },
    {
      from: table,
      which: and(
        eq(jobs.id, sql`lost.job_id`),
        eq(jobs.attempt, sql`lost.attempt`),
        eq(jobs.status, 'queued'),
      ),
    },
  );
}
