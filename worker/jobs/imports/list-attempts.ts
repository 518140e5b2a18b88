/** The attempts of a job, for people who want to know what happened. */
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { attempts, jobs } from '../../db/tables/jobs.ts';

export type AttemptRow = typeof attempts.$inferSelect;

/** The first one first. The caller has checked that the job belongs to the workspace. */
export async function listAttempts({ db }: Pick<Ctx, 'db'>, jobId: string): Promise<AttemptRow[]> {
  const [rows, [job]] = await db.batch([
    db.select().from(attempts).where(eq(attempts.jobId, jobId)).orderBy(asc(attempts.attempt)),
    db
      .select()
      .from(jobs)
      .where(and(eq(jobs.id, jobId), inArray(jobs.status, ['processing', 'completed']))),
  ]);
  // Earlier versions of the service write rows for all attempts, some at their start.
  const ended = rows.filter(({ endedAt }) => endedAt !== null);
  const isListed = ended.some(({ attempt }) => attempt === job?.attempt);
  return job && !isListed ? [...ended, attemptOf(job)] : ended;
}

/** The attempt that runs, or has completed the job. */
function attemptOf(job: JobRow): AttemptRow {
  const { id: jobId, attempt, acceptedAt, finishedAt: endedAt, slot, completedIn } = job;
  const { resolvingAt, downloadingAt, mergingAt, uploadingAt, verifyingAt } = job;
  const times = { acceptedAt, resolvingAt, downloadingAt, mergingAt, uploadingAt, verifyingAt };
  const outcome = job.status === 'completed' ? job.status : null;
  const end = { endedAt, outcome, errorCode: null, errorDetail: null };
  return { jobId, attempt, slot: slot ?? completedIn ?? '', claimedAt: job.claimedAt ?? 0, ...times, ...end };
}
