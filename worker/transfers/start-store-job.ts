/** The start of a store job, together with the transfer that it works for. */
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { ImportRequest } from '../contract/api/import-request.ts';
import type { JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { transfers } from '../db/tables/transfers.ts';
import { boundRow } from '../db/bound-row.ts';

export interface StoreOrder {
  importJob: JobRow;
  destinationId: string;
  /** What names the object: that of the import, or what somebody wants instead. */
  request: ImportRequest;
}

/** A store job for a transfer that waits; null when it no longer does. */
export async function startWaitingStore(ctx: Ctx, order: StoreOrder): Promise<JobRow | null> {
  const storeJobId = ctx.newId();
  const claim = ctx.db
    .update(transfers)
    .set({ status: 'running', storeJobId })
    .where(
      and(
        eq(transfers.importId, order.importJob.id),
        eq(transfers.destinationId, order.destinationId),
        eq(transfers.status, 'waiting'),
      ),
    );
  const [, made] = await ctx.db.batch([claim, insertStoreJob(ctx, order, storeJobId)]);
  return made[0] ?? null;
}

/** A store job that somebody asked for; null while another of this import and destination is alive. */
export async function startAskedStore(ctx: Ctx, order: StoreOrder): Promise<JobRow | null> {
  const { importJob, destinationId } = order;
  const storeJobId = ctx.newId();
  const now = ctx.now();
  const claim = ctx.db
    .insert(transfers)
    .values({
      importId: importJob.id,
      destinationId,
      workspaceId: importJob.workspaceId,
      reason: 'request',
      status: 'running',
      storeJobId,
      nextAt: now,
      createdAt: now,
    })
    .onConflictDoUpdate({
      target: [transfers.importId, transfers.destinationId],
      set: {
        status: 'running',
        storeJobId,
        errorCode: null,
        // A fallback goes on by itself when this try fails.
        reason: sql`CASE WHEN ${transfers.status} = 'waiting' THEN ${transfers.reason} ELSE 'request' END`,
      },
      setWhere: inArray(transfers.status, ['waiting', 'stored', 'failed']),
    });
  const [, made] = await ctx.db.batch([claim, insertStoreJob(ctx, order, storeJobId)]);
  return made[0] ?? null;
}

/** Only when the statement before it has claimed the transfer. */
function insertStoreJob(ctx: Ctx, { importJob, request }: StoreOrder, storeJobId: string) {
  const now = ctx.now();
  const row = boundRow(jobs, {
    id: storeJobId,
    workspaceId: importJob.workspaceId,
    kind: 'store',
    status: 'queued',
    request,
    storeOf: importJob.id,
    runAfter: now,
    createdAt: now,
  });
  return ctx.db
    .insert(jobs)
    .select(ctx.db.select(row).from(transfers).where(eq(transfers.storeJobId, storeJobId)))
    .returning();
}
