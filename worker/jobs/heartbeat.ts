import { and, eq, sql, type SQL } from 'drizzle-orm';
import { readAttemptToken, type AttemptRef } from '../attempts/attempt-token.ts';
import { appErrorAsValue } from '../app-error-as-value.ts';
import type { Ctx } from '../context.ts';
import type { Directive, Heartbeat, HeartbeatAnswer } from '../contract/downloader/report.ts';
import { jobs } from '../db/tables/jobs.ts';
import { wakeDeliveries } from '../doorbell/wake-deliveries.ts';
import { AppError } from '../errors.ts';
import { insertProgress } from './announce-progress.ts';
import { markSlot, markStages } from './heartbeat-marks.ts';
import { leaseEnd } from '../attempts/lease.ts';

/** Bounds of the interval between reports: short while few jobs run, so that progress is visible soon; long for a full downloader. */
const FASTEST_SECONDS = 2;
const SLOWEST_SECONDS = 15;
/** The interval grows by one second for this many reported jobs. */
const JOBS_PER_SECOND = 2;

interface Report extends AttemptRef {
  stage: string;
  bytesDone: number;
  bytesTotal: number | null;
}

/** Renews the leases of the live attempts in the report and stores their progress. The answer says what each job does next. */
export async function heartbeat(ctx: Ctx, beat: Heartbeat): Promise<HeartbeatAnswer> {
  const reports = await Promise.all(beat.jobs.map((job) => readReport(ctx, job)));
  const valid = reports.filter((report) => report !== null);
  const live = valid.length === 0 ? new Map<string, Directive>() : await renew(ctx, beat, valid);
  return {
    directives: reports.map((report) => (report && live.get(keyOf(report))) ?? 'stale'),
    nextReportSeconds: Math.min(
      SLOWEST_SECONDS,
      Math.max(FASTEST_SECONDS, Math.ceil(beat.jobs.length / JOBS_PER_SECOND)),
    ),
  };
}

/** Null for a token that is forged or expired: it must not cost the other jobs of the report their leases. */
async function readReport(
  ctx: Ctx,
  { token, ...progress }: Heartbeat['jobs'][number],
): Promise<Report | null> {
  const ref = await appErrorAsValue(readAttemptToken(ctx, token));
  return ref instanceof AppError ? null : { ...ref, ...progress };
}

function keyOf({ jobId, attempt }: AttemptRef): string {
  return `${jobId}.${attempt}`;
}

async function renew(ctx: Ctx, beat: Heartbeat, valid: Report[]): Promise<Map<string, Directive>> {
  const reported = asTable(valid);
  const [rows, , , progress] = await ctx.db.batch([
    renewLeases(ctx, reported),
    markStages(ctx, reported),
    markSlot(ctx, beat, reported),
    insertProgress(ctx, reported),
  ]);
  if (progress.length > 0) ctx.background(wakeDeliveries(ctx, progress));
  return new Map(
    rows.map(({ id, attempt, cancelRequestedAt }) => [
      keyOf({ jobId: id, attempt }),
      cancelRequestedAt === null ? 'continue' : 'cancel',
    ]),
  );
}

/** The reports as a table: a single bound value for any number of jobs. */
function asTable(reports: Report[]): SQL {
  return sql`(SELECT value ->> 'jobId' AS job_id, value ->> 'attempt' AS attempt, value ->> 'stage' AS stage,
    value ->> 'bytesDone' AS bytes_done, value ->> 'bytesTotal' AS bytes_total
    FROM json_each(${JSON.stringify(reports)})) AS report`;
}

/** Does not renew the lease of a job with a cancel request, so that a downloader that ignores the request loses the job. */
function renewLeases(ctx: Ctx, reported: SQL) {
  return ctx.db
    .update(jobs)
    .set({
      stage: sql`report.stage`,
      bytesDone: sql`report.bytes_done`,
      bytesTotal: sql`report.bytes_total`,
      leaseUntil: sql`CASE WHEN ${jobs.cancelRequestedAt} IS NULL THEN ${leaseEnd(ctx.now())} ELSE ${jobs.leaseUntil} END`,
    })
    .from(reported)
    .where(
      and(
        eq(jobs.id, sql`report.job_id`),
        eq(jobs.attempt, sql`report.attempt`),
        eq(jobs.status, 'processing'),
      ),
    )
    .returning({ id: jobs.id, attempt: jobs.attempt, cancelRequestedAt: jobs.cancelRequestedAt });
}
