/** Starts a store job together with its transfer, in one batch. */
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { ImportRequest } from '../contract/api/import-request.ts';
import type { JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { transfers } from '../db/tables/transfers.ts';
import { madeJob, type Alongside } from '../db/alongside.ts';
import { boundRow } from '../db/bound-row.ts';
import { isVisibleJob } from '../db/visible-job.ts';

export interface StoreOrder {
  importJob: JobRow;
  destinationId: string;
  /** The options that decide name and headers of the object: those of the import, or of the client's request. */
  request: ImportRequest;
}

/** An order of a client. */
export interface RequestedStore extends StoreOrder {
  alongside?: Alongside | undefined;
}

/** Starts the job of a waiting transfer. Null when the transfer no longer waits. */
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

/** Starts a job that a client requested. Null while another job stores this import in the same destination. */
export async function startRequestedStore(ctx: Ctx, order: RequestedStore): Promise<JobRow | null> {
  const { importJob, destinationId } = order;
  const storeJobId = ctx.newId();
  const { workspaceId } = importJob;
  const now = ctx.now();
  const row = boundRow(transfers, {
    importId: importJob.id,
    destinationId,
    workspaceId,
    reason: 'request',
    status: 'running',
    storeJobId,
    nextAt: now,
    createdAt: now,
  });
  const claim = ctx.db
    .insert(transfers)
    .select(
      ctx.db
        .select(row)
        .from(jobs)
        .where(isVisibleJob({ workspaceId, jobId: importJob.id })),
    )
    .onConflictDoUpdate({
      target: [transfers.importId, transfers.destinationId],
      set: {
        status: 'running',
        storeJobId,
        errorCode: null,
        // A fallback is still retried when this job fails.
        reason: sql`CASE WHEN ${transfers.status} = 'waiting' THEN ${transfers.reason} ELSE 'request' END`,
      },
      setWhere: inArray(transfers.status, ['waiting', 'stored', 'failed']),
    });
  const [, made] = await ctx.db.batch([
    claim,
    insertStoreJob(ctx, order, storeJobId),
    ...((await order.alongside?.(madeJob({ id: storeJobId, status: 'queued' }))) ?? []),
  ]);
  return made[0] ?? null;
}

/** Inserts nothing unless the previous statement claimed the transfer. */
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
