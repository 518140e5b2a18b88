/** The events at the ends of attempts and jobs. They are written after the batch that made the end. */
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { lastUploadOf, providerOf, type ClosedAttempt } from './closed-attempt.ts';
import { stageTimes } from './stage-times.ts';

/** Everything that is known about an attempt when it ends. */
export interface AttemptFacts {
  jobId: string;
  attempt: number;
  workspaceId: string;
  kind: JobRow['kind'];
  slot: string;
  outcome: ClosedAttempt['outcome'];
  code: ClosedAttempt['errorCode'];
  /** The status of the job now: `queued` when another attempt follows. */
  status: JobRow['status'];
  failures: number;
  bytes: number;
  way: JobRow['sourceWay'];
  /** The name of the host alone: path and query of a source may be secret. Null when a stored copy was the source. */
  sourceHost: string | null;
  provider: string | null;
  durationMs: number;
  stageMs: ReturnType<typeof stageTimes>;
}

/** `before` is the job as it was read while the attempt ran, `after` as the end left it. */
export function attemptFacts(closed: ClosedAttempt, before: JobRow, after: JobRow): AttemptFacts {
  const { jobId, attempt, slot, outcome, claimedAt, endedAt } = closed;
  const upload = lastUploadOf(closed);
  const { workspaceId, kind, status, failures, sourceWay: way } = after;
  return {
    jobId,
    attempt,
    workspaceId,
    kind,
    slot,
    outcome,
    code: closed.errorCode,
    status,
    failures,
    way,
    // A job that is queued again has lost its counter.
    bytes: status === 'completed' ? after.bytesDone : before.bytesDone,
    sourceHost: kind === 'import' ? (URL.parse(after.request.url)?.hostname ?? null) : null,
    provider: providerOf(upload),
    durationMs: (endedAt ?? claimedAt) - claimedAt,
    stageMs: stageTimes(closed, { openedAt: upload?.openedAt ?? null, way }),
  };
}

/** Logs `attempt.ended`. */
export function logAttemptEnd(ctx: Ctx, { stageMs, ...facts }: AttemptFacts): void {
  const times = Object.entries(stageMs).map(([stage, ms]) => [`${stage}Ms`, ms]);
  ctx.log.info('attempt.ended', { ...facts, ...Object.fromEntries(times) });
}

/** Logs `job.ended`. */
export function logJobEnd(ctx: Ctx, job: JobRow): void {
  const { id: jobId, attempt, workspaceId, kind, status, failures, bytesDone, costMicrodollars } = job;
  const code = job.errorCode;
  const durationMs = (job.finishedAt ?? job.createdAt) - job.createdAt;
  const facts = { kind, status, code, failures, bytes: bytesDone, costMicrodollars, durationMs };
  ctx.log.info('job.ended', { jobId, attempt, workspaceId, ...facts });
}
