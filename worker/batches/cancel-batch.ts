/** Cancels a batch: its queued imports at once, in a few statements however many there are, and its running ones soon. */
import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { boundRow } from '../db/bound-row.ts';
import type { BatchRow, DeliveryKey } from '../db/rows.ts';
import { batches } from '../db/tables/batches.ts';
import { events } from '../db/tables/events.ts';
import { jobs } from '../db/tables/jobs.ts';
import { ledger } from '../db/tables/ledger.ts';
import { webhookDeliveries } from '../db/tables/webhooks.ts';
import { wakeDeliveries } from '../doorbell/wake-deliveries.ts';
import { AppError } from '../errors.ts';
import { cancelJob, type JobRef } from '../jobs/cancel-job.ts';
import { callbackLane } from '../jobs/end/callback-lane.ts';
import { endBatch } from '../jobs/end/end-batch.ts';
import { findBatch, type BatchRef } from './find-batch.ts';
import { isLate } from '../usage/bill-range.ts';
import { sqlId } from './sql-id.ts';

/** Deliveries that are woken at once. Each attempt that ends wakes the next delivery of its lane. */
const MAX_WOKEN = 20;

/**
 * Cancels the batch, and its playlist job if that has not ended. A repeated call changes nothing. AppError `batch_not_found`,
 * or `batch_already_ended` when every import had ended before.
 */
export async function cancelBatch(ctx: Ctx, ref: BatchRef): Promise<void> {
  const { batch, playlistJob } = await findBatch(ctx, ref);
  if (batch.cancelRequestedAt !== null) return;
  if (batch.finishedAt !== null) throw new AppError('batch_already_ended');
  if (playlistJob?.status === 'queued' || playlistJob?.status === 'processing') {
    await cancelReading(ctx, { workspaceId: ref.workspaceId, jobId: batch.id });
  }
  const running = await cancelItems(ctx, batch);
  for (const { id, slot } of running) if (slot !== null) await ctx.downloader.cancel(slot, id);
}

/** If the job has ended meanwhile, its imports exist and are canceled next. */
async function cancelReading(ctx: Ctx, ref: JobRef): Promise<void> {
  try {
    await cancelJob(ctx, ref, ['playlist']);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'job_already_ended')) throw error;
  }
}

/** Returns the running imports, which have a cancel request now. */
async function cancelItems(
  ctx: Ctx,
  { id: batchId, workspaceId }: BatchRow,
): Promise<{ id: string; slot: string | null }[]> {
  const terminalId = ctx.newId();
  const now = ctx.now();
  const isEnded = and(eq(jobs.batchId, batchId), eq(jobs.terminalId, terminalId));
  const oneEnded = sql`(SELECT min(id) FROM ${jobs} WHERE ${isEnded})`;
  const [, canceled, running, , , deliveries, ...ofBatch] = await ctx.db.batch([
    ctx.db.update(batches).set({ cancelRequestedAt: now }).where(eq(batches.id, batchId)),
    ctx.db
      .update(jobs)
      .set({
        status: 'canceled',
        errorCode: null,
        errorDetail: null,
        costMicrodollars: 0,
        terminalId,
        finishedAt: now,
      })
      .where(and(eq(jobs.batchId, batchId), sql`${jobs.status} = 'queued'`))
      .returning({ id: jobs.id }),
    ctx.db
      .update(jobs)
      .set({ cancelRequestedAt: now })
      .where(
        and(eq(jobs.batchId, batchId), sql`${jobs.status} = 'processing'`, isNull(jobs.cancelRequestedAt)),
      )
      .returning({ id: jobs.id, slot: jobs.slot }),
    insertLedgerRows(ctx, isEnded),
    insertEvents(ctx, workspaceId, isEnded),
    insertDeliveries(ctx, workspaceId, isEnded),
    ...endBatch(ctx, { workspaceId, batchId, jobId: oneEnded, terminalId }),
  ]);
  ctx.log.info('batch.canceled', {
    batchId,
    workspaceId,
    canceled: canceled.length,
    running: running.length,
  });
  const due = [...deliveries.slice(0, MAX_WOKEN), ...(ofBatch.at(-1) as DeliveryKey[])];
  if (due.length > 0) ctx.background(wakeDeliveries(ctx, due));
  return running;
}

function insertLedgerRows(ctx: Ctx, isEnded: SQL | undefined) {
  const isBilled = ctx.config.BILLING === 'on';
  const bill = { bytes: 0, microdollars: 0, isBilled };
  const row = {
    id: '',
    jobId: '',
    workspaceId: '',
    status: 'canceled' as const,
    ...bill,
    createdAt: ctx.now(),
  };
  const columns = {
    ...boundRow(ledger, row),
    id: sqlId(ctx.now(), ctx.database).as('row_id'),
    jobId: jobs.id,
    workspaceId: jobs.workspaceId,
    kind: jobs.kind,
    keyId: jobs.createdBy,
    host: jobs.sourceHost,
    isLate: isLate(row.createdAt).as('late'),
  };
  return ctx.db.insert(ledger).select(ctx.db.select(columns).from(jobs).where(isEnded));
}

/** Events that somebody is told. */
function insertEvents(ctx: Ctx, workspaceId: string, isEnded: SQL | undefined) {
  const row = { id: '', workspaceId: '', jobId: '', type: 'import.canceled', createdAt: ctx.now() };
  const columns = {
    ...boundRow(events, row),
    id: sqlId(ctx.now(), ctx.database).as('event_id'),
    workspaceId: jobs.workspaceId,
    jobId: jobs.id,
  };
  const { receivers, isTold } = listeners(workspaceId);
  const isHeard = sql`EXISTS (SELECT 1 FROM ${receivers} WHERE ${isTold})`;
  return ctx.db.insert(events).select(ctx.db.select(columns).from(jobs).where(and(isEnded, isHeard)));
}

function insertDeliveries(ctx: Ctx, workspaceId: string, isEnded: SQL | undefined) {
  const row = boundRow(webhookDeliveries, {
    endpointId: '',
    eventId: '',
    workspaceId,
    type: 'import.canceled',
    lane: '',
    status: 'waiting',
    nextAt: ctx.now(),
    createdAt: ctx.now(),
  });
  const { callback, isCallback, receivers, isTold } = listeners(workspaceId);
  const columns = {
    ...row,
    endpointId: sql`receiver.id`.as('endpoint'),
    eventId: events.id,
    jobId: jobs.id,
    url: sql`CASE WHEN ${isCallback} THEN ${callback} END`.as('receiver_url'),
    lane: sql`CASE WHEN ${isCallback} THEN ${callbackLane(workspaceId, callback)} ELSE receiver.id END`.as(
      'receiver_lane',
    ),
  };
  return ctx.db
    .insert(webhookDeliveries)
    .select(
      ctx.db
        .select(columns)
        .from(jobs)
        .innerJoin(events, and(eq(events.jobId, jobs.id), eq(events.type, 'import.canceled')))
        .innerJoin(receivers, isTold)
        .where(isEnded),
    )
    .returning({ endpointId: webhookDeliveries.endpointId, eventId: webhookDeliveries.eventId });
}

/** Every endpoint that chose the event, and the URLs that the imports name. */
function listeners(workspaceId: string) {
  const callback = sql`(${jobs.request} ->> '$.webhookUrl')`;
  const isCallback = sql`receiver.id = ${workspaceId}`;
  const receivers = sql`(SELECT id FROM webhook_endpoints
      WHERE workspace_id = ${workspaceId} AND url IS NOT NULL AND disabled_at IS NULL
        AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = 'import.canceled')
    UNION ALL SELECT ${workspaceId}) AS receiver`;
  return { callback, isCallback, receivers, isTold: sql`(NOT ${isCallback} OR ${callback} IS NOT NULL)` };
}
