/** Deletes what webhooks were told about a deleted job, and what they were still to be told. */
import { and, eq, gte, inArray, lt, sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { events } from '../../db/tables/events.ts';
import { webhookAttempts, webhookDeliveries, webhookEndpoints } from '../../db/tables/webhooks.ts';
import { idPrefixOf } from '../../ids.ts';

/** The id of a progress event is of a time up to this much before its report, in milliseconds. */
const PROGRESS_STEP_MS = 10_000;

/** Statements for the batch that deletes the job. `deleted` selects its ID, and those of its store jobs, once they are deleted. */
export function deleteDeliveries(ctx: Ctx, job: JobRow, deleted: SQLWrapper) {
  const isOwn = eq(webhookEndpoints.workspaceId, job.workspaceId);
  // Deliveries to the URL of a request name the workspace, whose endpoint is made when the first of them is sent.
  const receivers = sql`(SELECT ${webhookEndpoints.id} FROM ${webhookEndpoints} WHERE ${isOwn} UNION SELECT ${job.workspaceId})`;
  const { endpointId, eventId } = webhookDeliveries;
  return [isAnnounced(ctx, deleted), isProgress(job, deleted)].flatMap((isAbout) => {
    const told = and(sql`${endpointId} IN ${receivers}`, isAbout);
    const keys = ctx.db.select({ endpointId, eventId }).from(webhookDeliveries).where(told);
    return [
      ctx.db
        .delete(webhookAttempts)
        .where(sql`(${webhookAttempts.endpointId}, ${webhookAttempts.eventId}) IN ${keys}`),
      ctx.db.delete(webhookDeliveries).where(told),
    ];
  });
}

/** The event of a batch names the last import that ended, but its deliveries are about the batch. */
function isAnnounced(ctx: Ctx, deleted: SQLWrapper): SQL | undefined {
  const about = ctx.db.select({ id: events.id }).from(events).where(inArray(events.jobId, deleted));
  return and(inArray(webhookDeliveries.eventId, about), inArray(webhookDeliveries.jobId, deleted));
}

/** Events of progress are in no other table. Their IDs tell when they were made. */
function isProgress({ createdAt, finishedAt }: JobRow, deleted: SQLWrapper): SQL | undefined {
  const { eventId, jobId } = webhookDeliveries;
  return and(
    gte(eventId, idPrefixOf(createdAt - PROGRESS_STEP_MS)),
    lt(eventId, idPrefixOf((finishedAt ?? createdAt) + 1)),
    inArray(jobId, deleted),
  );
}
