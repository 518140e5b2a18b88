/**
 * Back to the queue, or to the end of the job: the transitions of an attempt that is over. Each is one batch under a guard.
 * Null means that the guard did not hold: the job has changed since it was read, and nothing was written.
 */
import { and, eq, inArray, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { announcedSource, sourceColumns } from '../../attempts/source-columns.ts';
import type { Ctx } from '../../context.ts';
import { isTerminal, statusesBefore, type JobStatus, type TerminalStatus } from '../../contract/job.ts';
import type { DeliveryKey, JobRow } from '../../db/rows.ts';
import { jobs } from '../../db/tables/jobs.ts';
import type { QueuePlace } from '../alone/crashes.ts';
import { chargeOf } from '../../usage/charge.ts';
import type { Bill } from '../../contract/cost.ts';
import { wakeDeliveries } from '../../doorbell/wake-deliveries.ts';
import { endBatch } from './end-batch.ts';
import { kindOf } from '../kinds/kinds.ts';
import { eventsOf, insertDeliveries, insertEvents } from './announce-end.ts';
import { completedAttempt, ENDED_COLUMNS, type ClosedAttempt, type EndedJob } from './closed-attempt.ts';
import { closeAttempt, endStatements } from './end-statements.ts';
import type { AttemptEnd, JobEnd } from './job-end.ts';
import { recordAttemptEnd, recordJobEnd } from './record-ends.ts';
import { tellWaiting } from './tell-waiting.ts';

/** Selects the row of the job while its status allows the transition to `status`. */
function canBecome(status: JobStatus, job: JobRow): SQL | undefined {
  return and(eq(jobs.id, job.id), inArray(jobs.status, statusesBefore(status)));
}

/** Columns that only a processing job has. */
const NOT_RUNNING = { stage: null, slot: null, leaseUntil: null } as const;

interface Transition {
  /** The job as the caller read it. */
  job: JobRow;
  /** What must still be true of its row. */
  guard: SQL | undefined;
  attemptEnd: AttemptEnd;
}

/** Puts the job back into the queue. */
export async function requeue(
  ctx: Ctx,
  {
    job,
    guard,
    attemptEnd,
    runAfter,
    aloneAfter,
    failures,
    crashes,
    isPage = job.isPage,
  }: Transition & QueuePlace & Pick<JobRow, 'failures'> & { isPage?: boolean },
): Promise<JobRow | null> {
  const [moved, closed] = await ctx.db.batch([
    ctx.db
      .update(jobs)
      .set({
        status: 'queued',
        ...NOT_RUNNING,
        bytesDone: 0,
        bytesTotal: null,
        runAfter,
        aloneAfter,
        failures,
        crashes,
        isPage,
        ...endColumns(attemptEnd),
      })
      .where(and(canBecome('queued', job), guard))
      .returning(),
    closeAttempt(ctx, { job, attemptEnd }),
  ]);
  return reportEnds(ctx, { job, moved, closed });
}

export interface Finish extends Transition {
  status: TerminalStatus;
  /** Left out: the job costs nothing. */
  bill?: Bill;
  title?: string | null;
  /** See `JobEnd`. */
  isOnlyUpload?: boolean;
  /** Further statements for the batch. They must change nothing unless `isEnded` selects the job. */
  alongside?: (isEnded: SQL | undefined) => BatchItem<'sqlite'>[];
  /** Further columns of the result. */
  values?: { [Column in keyof JobRow]?: JobRow[Column] | SQL };
}

/** Ends the job: its result, bill, event and everything else that follows from its end are written together. */
export async function finish(ctx: Ctx, end: Finish): Promise<JobRow | null> {
  const { statements, settle } = prepareFinish(ctx, end);
  return settle(await ctx.db.batch(statements));
}

/** The statements of an end, for a batch that does more. */
export interface PreparedEnd {
  /** Selects the row of the job after these statements have ended it. */
  isEnded: SQL | undefined;
  /** Of the row after them. */
  terminalId: string;
  statements: [BatchItem<'sqlite'>, ...BatchItem<'sqlite'>[]];
  /** Takes the results of the statements. Returns the job as they left it, or null when the guard did not hold. */
  settle: (results: unknown[]) => JobRow | null;
}

/** The same as `finish`, before it is written. */
export function prepareFinish(
  ctx: Ctx,
  {
    job,
    status,
    guard,
    attemptEnd,
    bill = { bytes: 0, microdollars: 0 },
    title = null,
    isOnlyUpload = false,
    values,
    alongside,
  }: Finish,
): PreparedEnd {
  const terminalId = ctx.newId();
  const isEnded = and(eq(jobs.id, job.id), eq(jobs.terminalId, terminalId));
  const charge = chargeOf(ctx, job, bill);
  const caused = { title, isOnlyUpload, isEnded, events: eventsOf(ctx, job, status) };
  const end: JobEnd = { job, status, attemptEnd, bill, charge, ...caused };
  const batchId = kindOf(job).batchOf?.(job) ?? null;
  const statements: PreparedEnd['statements'] = [
    ctx.db
      .update(jobs)
      .set({
        status,
        ...NOT_RUNNING,
        ...endColumns(attemptEnd),
        costMicrodollars: charge.microdollars,
        title,
        terminalId,
        finishedAt: ctx.now(),
        completedIn: status === 'completed' ? job.slot : null,
        ...values,
      })
      .where(and(canBecome(status, job), guard))
      .returning(ENDED_COLUMNS),
    insertEvents(ctx, end),
    insertDeliveries(ctx, end),
    ...(status === 'completed' ? [] : [closeAttempt(ctx, { job, attemptEnd })]),
    ...endStatements(ctx, end),
    ...(alongside?.(isEnded) ?? []),
    ...(batchId === null
      ? []
      : endBatch(ctx, { workspaceId: job.workspaceId, batchId, jobId: job.id, terminalId })),
  ];
  const settle = (results: unknown[]) => {
    const [moved, , deliveries, closed] = results as [EndedJob[], unknown, DeliveryKey[], ClosedAttempt[]];
    const ofBatch = batchId === null ? [] : (results.at(-1) as DeliveryKey[]);
    const due = [...deliveries, ...ofBatch];
    if (due.length > 0) ctx.background(wakeDeliveries(ctx, due));
    return reportEnds(ctx, {
      job,
      moved,
      closed: status === 'completed' ? moved.map(completedAttempt) : closed,
    });
  };
  return { isEnded, terminalId, statements, settle };
}

/** Tells the log, and whoever waits. Returns the job as the batch left it, or null when it changed nothing. */
function reportEnds(
  ctx: Ctx,
  { job, moved, closed }: { job: JobRow; moved: JobRow[]; closed: ClosedAttempt[] },
): JobRow | null {
  const [after] = moved;
  const [attempt] = closed;
  if (!after) return null;
  if (attempt) recordAttemptEnd(ctx, { closed: attempt, before: job, after });
  if (isTerminal(after.status)) {
    recordJobEnd(ctx, after);
    tellWaiting(ctx, after);
  }
  return after;
}

/** A completed or canceled job shows no failure; one that is queued again shows the last. */
function endColumns({ outcome, failure, source }: AttemptEnd) {
  const ended = outcome === 'completed' || outcome === 'canceled';
  return {
    ...(failure || ended
      ? { errorCode: failure?.code ?? null, errorDetail: failure?.detail ?? null }
      : undefined),
    ...(source ? sourceColumns(source) : announcedSource()),
  };
}
