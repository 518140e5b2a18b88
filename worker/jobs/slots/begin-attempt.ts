/** What every claim writes: the job as its slot runs it, and the row of the attempt. */
import { eq, sql, type SQL } from 'drizzle-orm';
import { leaseEnd } from '../../attempts/lease.ts';
import type { Ctx } from '../../context.ts';
import { boundRow } from '../../db/bound-row.ts';
import type { JobRow } from '../../db/rows.ts';
import { attempts, jobs } from '../../db/tables/jobs.ts';
import { dueAt, runsAlone } from '../alone/crashes.ts';

/** The columns of a job that begins an attempt in the slot at `now`, in unix milliseconds. */
export function claimedColumns(slot: string | SQL, now: number) {
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
  };
}

/**
 * Every claim writes the rows of its attempts in the same batch. So the jobs without such a row are those that an earlier
 * statement of the batch has claimed at the same `now`: the index `jobs_leases` finds them by their lease.
 */
export function insertAttempts(ctx: Ctx, now: number, { isAccepted = false } = {}) {
  const acceptedAt = isAccepted ? now : null;
  const row = boundRow(attempts, { jobId: '', attempt: 0, slot: '', claimedAt: now, acceptedAt });
  return ctx.db.insert(attempts).select(
    ctx.db
      .select({
        ...row,
        jobId: jobs.id,
        attempt: jobs.attempt,
        slot: sql<string>`${jobs.slot}`.as('its_slot'),
      })
      .from(jobs)
      .where(
        sql`${jobs.status} = 'processing' AND ${eq(jobs.leaseUntil, leaseEnd(now))}
          AND NOT EXISTS (SELECT 1 FROM ${attempts} WHERE ${attempts.jobId} = ${jobs.id} AND ${attempts.attempt} = ${jobs.attempt})`,
      ),
  );
}

/** Logs `job.claimed`. */
export function logClaim(ctx: Ctx, job: JobRow): void {
  const { id: jobId, attempt, workspaceId, kind, slot, failures } = job;
  const waitedMs = ctx.now() - dueAt(job);
  const alone = runsAlone(job) || undefined;
  ctx.log.info('job.claimed', { jobId, attempt, workspaceId, kind, slot, failures, waitedMs, alone });
}
