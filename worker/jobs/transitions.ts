/**
 * The two ways a job leaves its status, each one batch under one guard. Null means that the guard did not hold: the
 * job is no longer the caller's, and nothing at all was written.
 */
import { and, eq, inArray, isNotNull, isNull, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { AttemptRef } from '../attempts/attempt-token.ts';
import type { Failure } from '../contract/failure.ts';
import { statusesBefore, type AttemptOutcome, type JobStatus } from '../contract/job.ts';
import type { SourceTaken } from '../contract/media.ts';
import type { JobRow } from '../db/rows.ts';
import { events } from '../db/tables/events.ts';
import { attempts, jobs } from '../db/tables/jobs.ts';
import { ledger } from '../db/tables/ledger.ts';
import { bound } from '../db/bound-row.ts';
import { settleTransfer, queueFallbackTransfer } from '../transfers/transfer-rows.ts';

/** The row of the job, while it may move to `target` by LEGAL_TRANSITIONS. */
function mayMoveTo(target: JobStatus, jobId: string): SQL | undefined {
  return and(eq(jobs.id, jobId), inArray(jobs.status, statusesBefore(target)));
}

/** The row of the job, while this attempt owns it and its cancelation is (or is not) asked for. */
export function isOwnedBy({ jobId, attempt }: AttemptRef, cancelRequested: boolean): SQL | undefined {
  return and(
    eq(jobs.id, jobId),
    eq(jobs.attempt, attempt),
    eq(jobs.status, 'processing'),
    cancelRequested ? isNotNull(jobs.cancelRequestedAt) : isNull(jobs.cancelRequestedAt),
  );
}

/** How an attempt ended; `failure` and `source` are kept on attempt and job. */
export interface AttemptEnd {
  outcome: AttemptOutcome;
  failure?: Failure | undefined;
  source?: SourceTaken | null | undefined;
}

/** What no status but `processing` has. */
const NOT_RUNNING = { stage: null, slot: null, leaseUntil: null } as const;

/** Back to the queue, due at `runAfter` (unix milliseconds), under `guard`. */
export async function requeue(
  ctx: Ctx,
  ref: AttemptRef,
  { guard, end, ...values }: { guard: SQL | undefined; end: AttemptEnd; runAfter: number; failures: number },
): Promise<JobRow | null> {
  const [moved] = await ctx.db.batch([
    ctx.db
      .update(jobs)
      .set({
        status: 'queued',
        ...NOT_RUNNING,
        bytesDone: 0,
        bytesTotal: null,
        ...values,
        ...endColumns(end),
      })
      .where(and(mayMoveTo('queued', ref.jobId), guard))
      .returning(),
    endAttemptRow(ctx, ref, end),
  ]);
  return moved[0] ?? null;
}

export interface Terminal {
  status: 'completed' | 'failed' | 'canceled';
  guard: SQL | undefined;
  end: AttemptEnd;
  /** What is billed; nothing unless completed. */
  bytes?: number;
  microdollars?: number;
  /** Further columns of the result. */
  values?: { [Column in keyof JobRow]?: JobRow[Column] | SQL };
}

/** The one transition that ends a job: result, bill, event and what becomes of its transfers together, under `guard`. */
export async function finish(ctx: Ctx, ref: AttemptRef, terminal: Terminal): Promise<JobRow | null> {
  const { status, guard, end, microdollars = 0, values } = terminal;
  const terminalId = ctx.newId();
  const now = ctx.now();
  const thisEnd = and(eq(jobs.id, ref.jobId), eq(jobs.terminalId, terminalId));
  const [moved] = await ctx.db.batch([
    ctx.db
      .update(jobs)
      .set({
        status,
        ...NOT_RUNNING,
        ...endColumns(end),
        costMicrodollars: microdollars,
        terminalId,
        finishedAt: now,
        ...values,
      })
      .where(and(mayMoveTo(status, ref.jobId), guard))
      .returning(),
    insertLedger(ctx, terminal, thisEnd),
    insertEvent(ctx, terminal, thisEnd),
    endAttemptRow(ctx, ref, end),
    queueFallbackTransfer(ctx, thisEnd),
    settleTransfer(ctx, { jobId: ref.jobId, status, code: end.failure?.code }, thisEnd),
  ]);
  return moved[0] ?? null;
}

function insertLedger(ctx: Ctx, { status, bytes = 0, microdollars = 0 }: Terminal, thisEnd: SQL | undefined) {
  return ctx.db.insert(ledger).select(
    ctx.db
      .select({
        id: bound(ctx.newId()),
        jobId: jobs.id,
        workspaceId: jobs.workspaceId,
        status: bound(status),
        bytes: bound(bytes),
        microdollars: bound(microdollars),
        createdAt: bound(ctx.now()),
      })
      .from(jobs)
      .where(thisEnd),
  );
}

/** A store job speaks of its import, once however often that is stored; that a try failed is no news to anybody. */
function insertEvent(ctx: Ctx, { status }: Terminal, thisEnd: SQL | undefined) {
  const isStore = sql`${jobs.kind} = 'store'`;
  const event = ctx.db
    .select({
      id: bound(ctx.newId()),
      workspaceId: jobs.workspaceId,
      jobId: sql`CASE WHEN ${isStore} THEN ${jobs.storeOf} ELSE ${jobs.id} END`.as('job_id'),
      type: sql`CASE WHEN ${isStore} THEN 'import.stored' ELSE ${`import.${status}`} END`.as('type'),
      createdAt: bound(ctx.now()),
    })
    .from(jobs)
    .where(and(thisEnd, status === 'completed' ? undefined : sql`NOT ${isStore}`));
  return ctx.db.insert(events).select(event).onConflictDoNothing();
}

/** A completed or canceled job shows no failure; one that is queued again shows the last. */
function endColumns({ outcome, failure, source }: AttemptEnd) {
  const ended = outcome === 'completed' || outcome === 'canceled';
  return {
    ...(failure || ended
      ? { errorCode: failure?.code ?? null, errorDetail: failure?.detail ?? null }
      : undefined),
    ...(source ? { sourceWay: source.way, sourceReason: source.reason } : undefined),
  };
}

/** Closes the attempt's row once, and only when the statement before it took the job out of `processing`. */
function endAttemptRow(ctx: Ctx, { jobId, attempt }: AttemptRef, { outcome, failure }: AttemptEnd) {
  return ctx.db
    .update(attempts)
    .set({
      outcome,
      endedAt: ctx.now(),
      errorCode: failure?.code ?? null,
      errorDetail: failure?.detail ?? null,
    })
    .where(
      and(
        eq(attempts.jobId, jobId),
        eq(attempts.attempt, attempt),
        isNull(attempts.endedAt),
        sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${jobId} AND ${jobs.attempt} = ${attempt} AND ${jobs.status} <> 'processing')`,
      ),
    );
}
