/** Transfers when jobs end: statements for the batch that ends the job, so that no transfer is lost. */
import { and, desc, eq, inArray, isNotNull, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { Code } from '../contract/codes.ts';
import type { TerminalStatus } from '../contract/job.ts';
import { isRetryable, type Failure } from '../contract/failure.ts';
import { placements } from '../db/tables/artifacts.ts';
import { destinations } from '../db/tables/destinations.ts';
import { jobs } from '../db/tables/jobs.ts';
import { transfers } from '../db/tables/transfers.ts';
import { boundRow } from '../db/bound-row.ts';
import { makeTransfersDueSoon } from './due-transfers.ts';
import type { JobRow } from '../db/rows.ts';

/** Shortest wait before a transfer is tried, in milliseconds: longer than the retries within one upload. */
const SHORTEST_WAIT_MS = 60_000;
/** Longest wait, in milliseconds: a bucket that fails for weeks is tried four times a day. */
const LONGEST_WAIT_MS = 6 * 3600_000;
/** Errors that concern the destination as a whole; any other error concerns the one file or its upload. */
const DESTINATION_ERRORS: Code[] = [
  'storage_access_denied',
  'storage_address_forbidden',
  'storage_bucket_not_allowed',
  'storage_bucket_not_found',
  'storage_clock_skewed',
  'storage_credentials_invalid',
  'storage_credentials_unreadable',
  'storage_not_s3',
  'storage_region_mismatch',
  'storage_unavailable',
  'storage_unreachable',
];

/** A job that ends in the batch; `isEnded` selects its row if the guard of the end held. */
interface EndedJob {
  job: Pick<JobRow, 'id' | 'request'>;
  status: TerminalStatus;
  attemptEnd: { failure?: Failure | undefined };
  isOnlyUpload: boolean;
  isEnded: SQL | undefined;
}

/** Queues a transfer for the file of a completed import that the destination of its primary upload refused. */
export function queueFallbackTransfer(ctx: Ctx, { job, status, isOnlyUpload, isEnded }: EndedJob) {
  if (status !== 'completed' || isOnlyUpload) return null;
  const isSeveral = job.request.storageDestinations !== undefined;
  const now = ctx.now();
  const row = boundRow(transfers, {
    importId: '',
    destinationId: '',
    workspaceId: '',
    reason: 'fallback',
    status: 'waiting',
    nextAt: now + SHORTEST_WAIT_MS,
    createdAt: now,
  });
  const refused = ctx.db
    .select({
      ...row,
      importId: jobs.id,
      destinationId: sql`${placements.destinationId}`.as('destination_id'),
      workspaceId: jobs.workspaceId,
      ...(isSeveral && { status: statusAfterRefusal() }),
      errorCode: placements.errorCode,
    })
    .from(jobs)
    .innerJoin(placements, and(eq(placements.jobId, jobs.id), eq(placements.attempt, jobs.attempt)))
    // Nothing is queued for a destination that was deleted.
    .innerJoin(destinations, eq(destinations.id, placements.destinationId))
    .where(
      and(isEnded, isNotNull(placements.errorCode), eq(placements.isSecondary, false), isStoredNowhereElse()),
    )
    // The last error of a destination is the one that counts: the first row of each destination is inserted.
    .orderBy(desc(placements.createdAt), desc(placements.id));
  return ctx.db.insert(transfers).select(refused).onConflictDoNothing();
}

/** One of several destinations fails alone: without a fallback, and when the request does not allow to overwrite. */
function statusAfterRefusal() {
  return sql<string>`CASE WHEN ${destinations.fallback} = 'none' OR ${placements.errorCode} = 'storage_object_exists'
    THEN 'failed' ELSE 'waiting' END`.as('status_after');
}

/** An upload that was lost and then repeated at the same destination also left a row with an error. */
function isStoredNowhereElse(): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM ${placements} AS done WHERE done.job_id = ${jobs.id} AND done.attempt = ${jobs.attempt}
    AND done.destination_id = ${placements.destinationId} AND done.status = 'stored')`;
}

/**
 * Updates the transfer of a store job that ends: stored, failed, or waiting for its next try. The wait is as long as the
 * transfer is old, less a random part, so that transfers that failed together are not retried together.
 */
export function settleTransfer(ctx: Ctx, { job, status, attemptEnd, isEnded }: EndedJob) {
  const code = attemptEnd.failure?.code;
  const age = sql`${ctx.now()} - ${transfers.createdAt}`;
  const wait = sql`max(${SHORTEST_WAIT_MS}, min(${LONGEST_WAIT_MS}, ${age})) * ${0.75 + ctx.random() / 4}`;
  return ctx.db
    .update(transfers)
    .set({
      status: nextStatus(status, code),
      nextAt: sql`CAST(${ctx.now()} + ${wait} AS INTEGER)`,
      errorCode: code ?? null,
    })
    .where(
      and(
        eq(transfers.storeJobId, job.id),
        eq(transfers.status, 'running'),
        sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${isEnded})`,
      ),
    );
}

function nextStatus(status: TerminalStatus, code: Code | undefined): SQL {
  if (status === 'completed') return sql`'stored'`;
  // A client canceled it, or there is no copy to store.
  if (status === 'canceled' || code === 'source_copy_gone' || code === 'source_copy_changed')
    return sql`'failed'`;
  const patient =
    code !== undefined && isRetryable(code) ? sql`('fallback', 'migration')` : sql`('fallback')`;
  return sql`CASE WHEN ${transfers.reason} IN ${patient} THEN 'waiting' ELSE 'failed' END`;
}

/**
 * Call after a store job has succeeded: its destination works, so transfers that it refused earlier become due soon.
 * Transfers that failed for a reason of their own, and those that are due soon anyway, are not written: a migration
 * writes no rows of other files.
 */
export async function hurryAfterStore(ctx: Ctx, storeJobId: string): Promise<void> {
  const itsDestination = sql`(SELECT destination_id FROM ${transfers} WHERE ${transfers.storeJobId} = ${storeJobId})`;
  await makeTransfersDueSoon(
    ctx,
    sql`${transfers.destinationId} = ${itsDestination}`,
    inArray(transfers.errorCode, DESTINATION_ERRORS),
  );
}
