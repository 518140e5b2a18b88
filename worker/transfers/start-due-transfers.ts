/** Starts store jobs for due transfers: a few at a time, so that they do not delay the imports of the workspace. */
import { and, asc, eq, lte, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { Code } from '../contract/codes.ts';
import { destinations } from '../db/tables/destinations.ts';
import { jobs } from '../db/tables/jobs.ts';
import { transfers } from '../db/tables/transfers.ts';
import type { DestinationRow, JobRow } from '../db/rows.ts';
import { errorText } from '../error-text.ts';
import { findCopy } from '../storage/copies/find-copy.ts';
import { ring } from '../doorbell/ring.ts';
import { requestAt } from './queue-copies.ts';
import { startWaitingStore } from './start-store-job.ts';

/** Unfinished store jobs of one workspace, beside those that clients request: as many as can run (DEFAULT_MAX_CONCURRENT). */
const MAX_RUNNING = 4;
/** Workspaces that one sweep serves, each with up to 15 statements. The next sweep serves the others. */
const WORKSPACES_PER_SWEEP = 20;

interface DueTransfer {
  transfer: typeof transfers.$inferSelect;
  importJob: JobRow | null;
  destination: DestinationRow | null;
}

/** Starts due transfers in the workspaces that have any. */
export async function sweepTransfers(ctx: Ctx): Promise<void> {
  for (const workspaceId of await dueWorkspaces(ctx)) await startDueTransfers(ctx, workspaceId);
}

/** Starts the due transfers of a workspace, up to the limit. Never throws: the next sweep tries again. */
export async function startDueTransfers(ctx: Ctx, workspaceId: string): Promise<void> {
  try {
    let started = 0;
    for (const transfer of await dueTransfers(ctx, workspaceId)) {
      if (await startOrGiveUp(ctx, transfer)) started += 1;
    }
    if (started > 0) await ring(ctx);
  } catch (error) {
    ctx.log.error('transfer.fill_failed', { workspaceId, error: errorText(error) });
  }
}

/**
 * Workspaces in which a transfer is due and can start, the longest due first. Looks once into the index
 * `transfers_waiting` for each workspace, however many transfers wait there.
 */
async function dueWorkspaces(ctx: Ctx): Promise<string[]> {
  const rows = await ctx.db.all<{ id: string }>(sql`WITH RECURSIVE workspace(id) AS (
      SELECT min(workspace_id) FROM ${transfers} WHERE status = 'waiting'
      UNION ALL
      SELECT (SELECT min(t.workspace_id) FROM ${transfers} AS t WHERE t.status = 'waiting' AND t.workspace_id > workspace.id)
      FROM workspace WHERE workspace.id IS NOT NULL
    ), first_due(id, next_at) AS (
      SELECT id, (SELECT min(t.next_at) FROM ${transfers} AS t WHERE t.status = 'waiting' AND t.workspace_id = workspace.id)
      FROM workspace WHERE id IS NOT NULL
    )
    SELECT id FROM first_due WHERE next_at <= ${ctx.now()}
      AND (SELECT count(*) FROM ${transfers} AS t WHERE t.status = 'running' AND t.workspace_id = id) < ${MAX_RUNNING}
    ORDER BY next_at LIMIT ${sql.raw(String(WORKSPACES_PER_SWEEP))}`);
  return rows.map(({ id }) => id);
}

/** The due transfers that can start now, the longest due first. */
async function dueTransfers(ctx: Ctx, workspaceId: string): Promise<DueTransfer[]> {
  const isOfWorkspace = eq(transfers.workspaceId, workspaceId);
  const running = await ctx.db.$count(transfers, and(isOfWorkspace, eq(transfers.status, 'running')));
  if (running >= MAX_RUNNING) return [];
  return ctx.db
    .select({ transfer: transfers, importJob: jobs, destination: destinations })
    .from(transfers)
    .leftJoin(jobs, eq(jobs.id, transfers.importId))
    .leftJoin(destinations, eq(destinations.id, transfers.destinationId))
    .where(and(isOfWorkspace, eq(transfers.status, 'waiting'), lte(transfers.nextAt, ctx.now())))
    .orderBy(asc(transfers.nextAt))
    .limit(MAX_RUNNING - running);
}

/** Returns whether a job was started. */
async function startOrGiveUp(ctx: Ctx, { transfer, importJob, destination }: DueTransfer): Promise<boolean> {
  if (!importJob || !destination) return giveUp(ctx, transfer, 'storage_not_configured');
  if (!(await findCopy(ctx, { importId: importJob.id, role: 'media' })))
    return giveUp(ctx, transfer, 'source_copy_gone');
  const request = requestAt(importJob.request, destination.name);
  const job = await startWaitingStore(ctx, { importJob, destinationId: destination.id, request });
  return job !== null;
}

/** Ends the transfer without a job, since there is nothing to copy, or no destination. */
async function giveUp(
  ctx: Ctx,
  { importId, destinationId }: DueTransfer['transfer'],
  errorCode: Code,
): Promise<false> {
  ctx.log.info('transfer.given_up', { importId, destinationId, code: errorCode });
  await ctx.db
    .update(transfers)
    .set({ status: 'failed', errorCode })
    .where(
      and(
        eq(transfers.importId, importId),
        eq(transfers.destinationId, destinationId),
        eq(transfers.status, 'waiting'),
      ),
    );
  return false;
}
