import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import { readAttemptToken, type AttemptRef } from '../attempts/attempt-token.ts';
import { appErrorAsValue } from '../app-error-as-value.ts';
import type { Ctx } from '../context.ts';
import type { JobStatus } from '../contract/job.ts';
import type { DownloaderProcess } from '../contract/downloader/process-header.ts';
import type { Directive, Heartbeat, HeartbeatAnswer } from '../contract/downloader/report.ts';
import { jobs } from '../db/tables/jobs.ts';
import { slots } from '../db/tables/slots.ts';
import { wakeDeliveries } from '../doorbell/wake-deliveries.ts';
import { AppError } from '../errors.ts';
import { insertProgress } from './announce-progress.ts';
import { markSlot, stageTimes } from './heartbeat-marks.ts';
import { leaseEnd, renewBefore } from '../attempts/lease.ts';
import { announcedSource } from '../attempts/source-columns.ts';
import { endAttemptsOfSlot } from './end/end-attempts-of-slot.ts';

/** Bounds of the interval between reports: short while few jobs run, so that progress is visible soon; long for a full downloader. */
const FASTEST_SECONDS = 2;
const SLOWEST_SECONDS = 15;
/** Milliseconds between two writes of the progress of a job: while somebody reads it, a little less than two reports are apart, and otherwise. */
const READ_EVERY_MS = 1_500;
const UNREAD_EVERY_MS = 15_000;
/** Milliseconds after which nobody reads a job any more. The mark of a reader is written every 10 s. */
const READ_LATELY_MS = 20_000;
/** A report takes at most so many milliseconds, in which its sender may accept other jobs. */
const REPORT_DELAY_MS = 15_000;
/** The interval grows by one second for this many reported jobs. */
const JOBS_PER_SECOND = 2;

interface Report extends AttemptRef {
  stage: string;
  bytesDone: number;
  bytesTotal: number | null;
}

/**
 * Renews the leases of the live attempts in the report and stores their progress, in one call of D1. Only what must last is written: see
 * `keepRunning`. The answer says what each job does next.
 */
export async function heartbeat(
  ctx: Ctx,
  beat: Heartbeat,
  sender: DownloaderProcess | null = null,
): Promise<HeartbeatAnswer> {
  const reports = await Promise.all(beat.jobs.map((job) => readReport(ctx, job)));
  const valid = reports.filter((report) => report !== null);
  const live = valid.length === 0 ? new Map<string, Directive>() : await renew(ctx, beat, sender, valid);
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

async function renew(
  ctx: Ctx,
  beat: Heartbeat,
  sender: DownloaderProcess | null,
  valid: Report[],
): Promise<Map<string, Directive>> {
  const reported = asTable(valid);
  const [known, rows, , marked, progress] = await ctx.db.batch([
    ctx.db.select({ processId: slots.processId }).from(slots).where(eq(slots.slot, beat.slot)),
    findLive(ctx, reported),
    keepRunning(ctx, reported),
    markSlot(ctx, beat, sender, reported),
    insertProgress(ctx, reported),
  ]);
  if (progress.length > 0) ctx.background(wakeDeliveries(ctx, progress));
  // The slot is marked for a process that runs one of its attempts, so a stranger cannot end the others.
  if (marked.length > 0 && sender && known[0]?.processId !== sender.id) {
    const stoppedAt = ctx.now() - sender.uptimeMs - REPORT_DELAY_MS;
    ctx.background(endAttemptsOfSlot(ctx, { slot: beat.slot, stoppedAt }));
  }
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

function isReported(statuses: JobStatus[] = ['processing']) {
  return and(
    eq(jobs.id, sql`report.job_id`),
    eq(jobs.attempt, sql`report.attempt`),
    inArray(jobs.status, statuses),
  );
}

/** An attempt that has completed its job may still wait for the answer to the call that did so. */
function findLive(ctx: Ctx, reported: SQL) {
  const { id, attempt, cancelRequestedAt } = jobs;
  const isLive = isReported(['processing', 'completed']);
  return ctx.db.select({ id, attempt, cancelRequestedAt }).from(jobs).innerJoin(reported, isLive);
}

/**
 * Writes the row of a job at its first report, at a change of its stage, every 15 s, every 2 s while somebody reads its status, and when its
 * lease must be renewed. The lease of a job with a cancel request is not renewed, so that a downloader that ignores the request loses the job.
 */
function keepRunning(ctx: Ctx, reported: SQL) {
  const now = ctx.now();
  const isLeaseDue = sql`(${jobs.cancelRequestedAt} IS NULL AND ${jobs.leaseUntil} < ${renewBefore(now)})`;
  const every = sql`CASE WHEN coalesce(${jobs.readAt}, 0) > ${now - READ_LATELY_MS} THEN ${READ_EVERY_MS} ELSE ${UNREAD_EVERY_MS} END`;
  const isProgressDue = sql`(coalesce(${jobs.progressAt}, 0) <= ${now} - ${every}
    AND (${jobs.bytesDone} <> report.bytes_done OR ${jobs.bytesTotal} IS NOT report.bytes_total))`;
  const { isNew, columns } = stageTimes(now);
  return ctx.db
    .update(jobs)
    .set({
      ...columns,
      ...announcedSource(),
      stage: sql`report.stage`,
      bytesDone: sql`report.bytes_done`,
      bytesTotal: sql`report.bytes_total`,
      progressAt: now,
      leaseUntil: sql`CASE WHEN ${isLeaseDue} THEN ${leaseEnd(now)} ELSE ${jobs.leaseUntil} END`,
    })
    .from(reported)
    .where(
      and(
        isReported(),
        sql`(${jobs.stage} IS NOT report.stage OR ${isNew} OR ${isProgressDue} OR ${isLeaseDue})`,
      ),
    );
}
