/** What is known about an attempt or a job when it ends, for its event and its data point. */
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
    sourceHost: sourceHostOf(after),
    provider: providerOf(upload),
    durationMs: (endedAt ?? claimedAt) - claimedAt,
    stageMs: stageTimes(closed, { openedAt: upload?.openedAt ?? null, way }),
  };
}

/** Everything that is known about a job when it ends. */
export type JobFacts = Pick<
  AttemptFacts,
  | 'jobId'
  | 'attempt'
  | 'workspaceId'
  | 'kind'
  | 'code'
  | 'status'
  | 'failures'
  | 'bytes'
  | 'way'
  | 'sourceHost'
> & { costMicrodollars: number | null; durationMs: number };

/** `job` is the job as its end left it. */
export function jobFacts(job: JobRow): JobFacts {
  const { id: jobId, attempt, workspaceId, kind, status, failures, costMicrodollars } = job;
  return {
    jobId,
    attempt,
    workspaceId,
    kind,
    code: job.errorCode,
    status,
    failures,
    bytes: job.bytesDone,
    way: job.sourceWay,
    sourceHost: sourceHostOf(job),
    costMicrodollars,
    durationMs: (job.finishedAt ?? job.createdAt) - job.createdAt,
  };
}

/** The name of the host alone: path and query of a source may be secret. Null when a stored copy was the source. */
function sourceHostOf({ kind, request }: JobRow): string | null {
  return kind !== 'store' ? (URL.parse(request.url)?.hostname ?? null) : null;
}
