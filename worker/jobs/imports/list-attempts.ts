/** The attempts of a job, for people who want to know what happened. */
import { and, asc, eq } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { attempts, jobs } from '../../db/tables/jobs.ts';

export type AttemptRow = typeof attempts.$inferSelect;

/** The first one first. The one that runs is part of its job. The caller has checked that the job belongs to the workspace. */
export async function listAttempts({ db }: Pick<Ctx, 'db'>, jobId: string): Promise<AttemptRow[]> {
  const [ended, [job]] = await db.batch([
    db.select().from(attempts).where(eq(attempts.jobId, jobId)).orderBy(asc(attempts.attempt)),
    db
      .select()
      .from(jobs)
      .where(and(eq(jobs.id, jobId), eq(jobs.status, 'processing'))),
  ]);
  // An attempt that an earlier version of the service began has a row.
  const isListed = ended.some(({ attempt }) => attempt === job?.attempt);
  return job && !isListed ? [...ended, runningAttempt(job)] : ended;
}

function runningAttempt(job: JobRow): AttemptRow {
  const {
    id: jobId,
    attempt,
    acceptedAt,
    resolvingAt,
    downloadingAt,
    mergingAt,
    uploadingAt,
    verifyingAt,
  } = job;
  const times = { acceptedAt, resolvingAt, downloadingAt, mergingAt, uploadingAt, verifyingAt };
  const end = { endedAt: null, outcome: null, errorCode: null, errorDetail: null };
  return { jobId, attempt, slot: job.slot ?? '', claimedAt: job.claimedAt ?? 0, ...times, ...end };
}
