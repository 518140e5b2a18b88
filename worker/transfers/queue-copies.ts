/** The copies of an import with several destinations: the ones that its own upload did not reach. */
import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { ImportRequest } from '../contract/api/import-request.ts';
import type { TerminalStatus } from '../contract/job.ts';
import type { JobRow } from '../db/rows.ts';
import { boundRow } from '../db/bound-row.ts';
import { placements } from '../db/tables/artifacts.ts';
import { destinations } from '../db/tables/destinations.ts';
import { jobs } from '../db/tables/jobs.ts';
import { transfers, type TransferReason } from '../db/tables/transfers.ts';

interface EndedImport {
  job: Pick<JobRow, 'request' | 'workspaceId'>;
  status: TerminalStatus;
  /** Selects the row of the job if the guard of the end held. */
  isEnded: SQL | undefined;
}

/**
 * Queues a transfer that is due at once to each destination that has no file yet. A destination without a fallback gets one
 * store job; for the others, the transfer is repeated until the file is stored. Those that refused the file are left to
 * `queueFallbackTransfer`, which must come before.
 */
export function queueCopies(ctx: Ctx, { job, status, isEnded }: EndedImport) {
  const { store, storageDestinations: names } = job.request;
  if (status !== 'completed' || store !== true || names === undefined) return null;
  const now = ctx.now();
  const row = boundRow(transfers, {
    importId: '',
    destinationId: '',
    workspaceId: job.workspaceId,
    reason: 'fallback',
    status: 'waiting',
    nextAt: now,
    createdAt: now,
  });
  const isNamed = sql`${destinations.name} IN (SELECT value FROM json_each(${JSON.stringify(names)}))`;
  const isStored = sql`EXISTS (SELECT 1 FROM ${placements} WHERE ${placements.jobId} = ${jobs.id}
    AND ${placements.attempt} = ${jobs.attempt} AND ${placements.destinationId} = ${destinations.id} AND ${placements.status} = 'stored')`;
  const reason = sql<TransferReason>`CASE ${destinations.fallback} WHEN 'none' THEN 'request' ELSE 'fallback' END`;
  const missing = ctx.db
    .select({
      ...row,
      importId: jobs.id,
      destinationId: sql<string>`${destinations.id}`.as('copy_at'),
      reason: reason.as('copy_reason'),
    })
    .from(jobs)
    .innerJoin(destinations, and(eq(destinations.workspaceId, jobs.workspaceId), isNamed))
    .where(and(isEnded, sql`NOT ${isStored}`));
  return ctx.db.insert(transfers).select(missing).onConflictDoNothing();
}

/** The request of a store job: that of the import, for one destination. */
export function requestAt(request: ImportRequest, storageDestination: string): ImportRequest {
  return { ...request, store: true, storageDestination, storageDestinations: undefined };
}
