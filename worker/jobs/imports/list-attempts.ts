/** The attempts of a job, for people who want to know what happened. */
import { asc, eq } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { attempts } from '../../db/tables/jobs.ts';

export type AttemptRow = typeof attempts.$inferSelect;

/** The first one first. The caller has checked that the job belongs to the workspace. */
export function listAttempts({ db }: Pick<Ctx, 'db'>, jobId: string): Promise<AttemptRow[]> {
  return db.select().from(attempts).where(eq(attempts.jobId, jobId)).orderBy(asc(attempts.attempt));
}
