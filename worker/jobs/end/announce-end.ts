/** The events of an end, and their deliveries to webhooks: written in the batch of the end, so that none is lost. */
import { and, inArray, sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { TerminalStatus } from '../../contract/job.ts';
import { selectRow } from '../../db/bound-row.ts';
import type { JobRow } from '../../db/rows.ts';
import { events } from '../../db/tables/events.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { webhookDeliveries } from '../../db/tables/webhooks.ts';
import { kindOf } from '../kinds/kinds.ts';
import type { JobEnd, JobEvent } from './job-end.ts';

/** The events that this end causes. */
export function eventsOf(ctx: Ctx, job: JobRow, status: TerminalStatus): JobEvent[] {
  return kindOf(job).events[status].map(({ type, subject }) => ({
    id: ctx.newId(),
    type,
    jobId: subject?.(job) ?? job.id,
  }));
}

/**
 * An event that nobody is told has no row, except one about another job: a second one of its type about the same job is dropped, since an
 * import may be stored several times.
 */
export function insertEvents(ctx: Ctx, { job, isEnded, events: caused }: JobEnd) {
  const { workspaceId } = job;
  const row = {
    id: sql`event.value ->> 'id'`,
    workspaceId,
    jobId: sql`event.value ->> 'jobId'`,
    type: sql`event.value ->> 'type'`,
    createdAt: ctx.now(),
  };
  const from = sql`FROM ${jobs} JOIN json_each(${JSON.stringify(caused)}) AS event`;
  const isTold = sql`EXISTS (SELECT 1 FROM ${receivers(job)} WHERE ${isChosen(job, row)})`;
  return ctx.db
    .insert(events)
    .select(
      selectRow(events, row, sql`${from} WHERE ${isEnded} AND (${row.jobId} <> ${job.id} OR ${isTold})`),
    )
    .onConflictDoNothing();
}

/**
 * A delivery of each event that the statement before has inserted: for every endpoint that chose its type, and for the URL
 * that the request named. Returns their keys.
 */
export function insertDeliveries(ctx: Ctx, { job, events: caused }: JobEnd) {
  const row = {
    endpointId: sql`receiver.id`,
    eventId: events.id,
    workspaceId: job.workspaceId,
    type: events.type,
    jobId: events.jobId,
    url: sql`receiver.url`,
    lane: sql`receiver.lane`,
    status: 'waiting' as const,
    nextAt: ctx.now(),
    createdAt: ctx.now(),
  };
  const ids = caused.map(({ id }) => id);
  // The key of an event begins with its job.
  const jobIds = caused.map((event) => event.jobId);
  return ctx.db
    .insert(webhookDeliveries)
    .select(
      selectRow(
        webhookDeliveries,
        row,
        sql`FROM ${events} JOIN ${receivers(job)} ON ${isChosen(job, events)} WHERE ${and(inArray(events.jobId, jobIds), inArray(events.id, ids))}`,
      ),
    )
    .returning({ endpointId: webhookDeliveries.endpointId, eventId: webhookDeliveries.eventId });
}

/** Whether the receiver is told the event: an endpoint chooses types, and the URL of a request is told about its job. */
function isChosen({ id }: JobRow, { type, jobId }: Record<'type' | 'jobId', SQLWrapper>): SQL {
  return sql`CASE WHEN receiver.url IS NULL
    THEN EXISTS (SELECT 1 FROM json_each(receiver.events) WHERE value = ${type}) ELSE ${jobId} = ${id} END`;
}

/** The enabled endpoints, and the URL of the request as one more. Its id is that of the workspace. */
function receivers(job: JobRow) {
  const { workspaceId } = job;
  const url = kindOf(job).callbackUrl(job);
  const lane = url === null ? null : `${workspaceId} ${new URL(url).host}`;
  return sql`(SELECT id, NULL AS url, id AS lane, events FROM webhook_endpoints
      WHERE workspace_id = ${workspaceId} AND url IS NOT NULL AND disabled_at IS NULL
    UNION ALL SELECT ${workspaceId}, ${url}, ${lane}, NULL WHERE ${url} IS NOT NULL) AS receiver`;
}
