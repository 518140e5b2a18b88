/** What every claim writes: the job as its slot runs it. */
import { sql, type SQL } from 'drizzle-orm';
import { leaseEnd } from '../../attempts/lease.ts';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { dueAt, runsAlone } from '../alone/crashes.ts';

/**
 * The columns of a job that begins an attempt in the slot at `now`, in unix milliseconds. `inPlaceOf`: the slot has promised to run it, in
 * place of the job that this transition has ended.
 */
export function claimedColumns(slot: string | SQL, now: number, inPlaceOf: string | null = null) {
  return {
    status: 'processing' as const,
    stage: 'resolving' as const,
    attempt: sql`${jobs.attempt} + 1`,
    slot: sql`${slot}`,
    leaseUntil: leaseEnd(now),
    startedAt: sql`coalesce(${jobs.startedAt}, ${now})`,
    bytesDone: 0,
    bytesTotal: null,
    progressAt: now,
    readAt: null,
    heldBytes: null,
    claimedAt: now,
    acceptedAt: inPlaceOf === null ? null : now,
    terminalId: inPlaceOf,
    resolvingAt: null,
    downloadingAt: null,
    mergingAt: null,
    uploadingAt: null,
    verifyingAt: null,
  };
}

/** Logs `job.claimed`. */
export function logClaim(ctx: Ctx, job: JobRow): void {
  const { id: jobId, attempt, workspaceId, kind, slot, failures } = job;
  const waitedMs = ctx.now() - dueAt(job);
  const alone = runsAlone(job) || undefined;
  ctx.log.info('job.claimed', { jobId, attempt, workspaceId, kind, slot, failures, waitedMs, alone });
}
