/** The end of a batch: written with the end of its last job, so that it happens exactly once. */
import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { BATCH_EVENT } from '../../contract/webhook-event.ts';
import { boundRow } from '../../db/bound-row.ts';
import { batches } from '../../db/tables/batches.ts';
import { events } from '../../db/tables/events.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { webhookDeliveries } from '../../db/tables/webhooks.ts';
import { callbackLane } from './callback-lane.ts';

/** The transition that may have ended the last job, and one of the jobs that it has ended. */
interface LastEnd {
  workspaceId: string;
  batchId: string;
  /** An id, or a query for one. */
  jobId: string | SQL;
  terminalId: string;
}

/**
 * Statements for the D1 batch of a transition: the batch ends, with its event, if none of its jobs is unfinished. The last of
 * them returns the keys of the deliveries.
 */
export function endBatch(ctx: Ctx, end: LastEnd) {
  const eventId = ctx.newId();
  return [markEnded(ctx, end), insertEvent(ctx, end, eventId), insertDeliveries(ctx, end, eventId)] as const;
}

function markEnded(ctx: Ctx, { batchId, jobId, terminalId }: LastEnd) {
  const hasEnded = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${jobId} AND ${jobs.terminalId} = ${terminalId})`;
  const { id, finishedAt, queued, processing } = batches;
  return ctx.db
    .update(batches)
    .set({ finishedAt: ctx.now(), terminalId })
    .where(and(eq(id, batchId), isNull(finishedAt), eq(queued, 0), eq(processing, 0), hasEnded));
}

function endedBy({ batchId, terminalId }: LastEnd): SQL | undefined {
  return and(eq(batches.id, batchId), eq(batches.terminalId, terminalId));
}

/** Its row names the last job, since events are about jobs. */
function insertEvent(ctx: Ctx, end: LastEnd, id: string) {
  const { workspaceId } = end;
  const row = boundRow(events, { id, workspaceId, jobId: '', type: BATCH_EVENT, createdAt: ctx.now() });
  const columns = { ...row, jobId: sql`${end.jobId}`.as('last_job') };
  return ctx.db.insert(events).select(ctx.db.select(columns).from(batches).where(endedBy(end)));
}

/** For every endpoint that chose the event, and for the URL that the request of the batch named. They are about the batch. */
function insertDeliveries(ctx: Ctx, end: LastEnd, eventId: string) {
  const row = boundRow(webhookDeliveries, {
    endpointId: '',
    eventId,
    workspaceId: end.workspaceId,
    type: BATCH_EVENT,
    jobId: end.batchId,
    lane: '',
    status: 'waiting',
    nextAt: ctx.now(),
    createdAt: ctx.now(),
  });
  const columns = {
    ...row,
    endpointId: sql`receiver.id`.as('endpoint'),
    url: sql`receiver.url`.as('receiver_url'),
    lane: sql`receiver.lane`.as('receiver_lane'),
  };
  return ctx.db
    .insert(webhookDeliveries)
    .select(
      ctx.db
        .select(columns)
        .from(batches)
        .innerJoin(receivers(end), sql`1`)
        .where(endedBy(end)),
    )
    .returning({ endpointId: webhookDeliveries.endpointId, eventId: webhookDeliveries.eventId });
}

function receivers({ workspaceId, batchId }: LastEnd): SQL {
  return sql`(SELECT id, NULL AS url, id AS lane FROM webhook_endpoints
      WHERE workspace_id = ${workspaceId} AND url IS NOT NULL AND disabled_at IS NULL
        AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = ${BATCH_EVENT})
    UNION ALL SELECT ${workspaceId}, webhook_url, ${callbackLane(workspaceId, sql`webhook_url`)}
      FROM batches WHERE id = ${batchId} AND webhook_url IS NOT NULL) AS receiver`;
}
