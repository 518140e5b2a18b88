/** Progress of running jobs, for the webhook endpoints that chose `import.progress`. */
import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { JobKind } from '../contract/job.ts';
import { PROGRESS_EVENT } from '../contract/webhook-event.ts';
import { boundRow } from '../db/bound-row.ts';
import { jobs } from '../db/tables/jobs.ts';
import { webhookDeliveries } from '../db/tables/webhooks.ts';
import { uuidV7 } from '../ids.ts';
import { kindOf } from './kinds/kinds.ts';

/** An endpoint gets one event of a job in this time. */
const INTERVAL_MS = 10_000;
/** The part of a UUID v7 that is its time, with the hyphen in it. */
const TIME_CHARACTERS = 13;

/**
 * A delivery for each reported job and endpoint. `reported` is a table `report` of job_id and attempt. The id of the event is
 * made of the time, in steps of the interval, and of the job: a second report in the same interval inserts nothing.
 */
export function insertProgress(ctx: Ctx, reported: SQL) {
  const now = ctx.now();
  const time = uuidV7(now - (now % INTERVAL_MS)).slice(0, TIME_CHARACTERS);
  const row = boundRow(webhookDeliveries, {
    endpointId: '',
    eventId: '',
    workspaceId: '',
    type: PROGRESS_EVENT,
    lane: '',
    status: 'waiting',
    nextAt: now,
    createdAt: now,
  });
  const kinds = JobKind.options.filter((kind) => kindOf({ kind }).announcesProgress);
  return ctx.db
    .insert(webhookDeliveries)
    .select(
      ctx.db
        .select({
          ...row,
          endpointId: sql`receiver.id`.as('endpoint'),
          eventId: sql`${time} || substr(${jobs.id}, ${TIME_CHARACTERS + 1})`.as('event'),
          workspaceId: jobs.workspaceId,
          jobId: jobs.id,
          lane: sql`receiver.id`.as('receiver_lane'),
        })
        .from(jobs)
        .innerJoin(reported, and(eq(jobs.id, sql`report.job_id`), eq(jobs.attempt, sql`report.attempt`)))
        .innerJoin(
          sql`webhook_endpoints AS receiver`,
          sql`receiver.workspace_id = ${jobs.workspaceId} AND receiver.disabled_at IS NULL`,
        )
        .where(
          and(
            eq(jobs.status, 'processing'),
            inArray(jobs.kind, kinds),
            sql`EXISTS (SELECT 1 FROM json_each(receiver.events) WHERE value = ${PROGRESS_EVENT})`,
          ),
        ),
    )
    .onConflictDoNothing()
    .returning({ endpointId: webhookDeliveries.endpointId, eventId: webhookDeliveries.eventId });
}
