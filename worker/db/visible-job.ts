import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import { jobs } from './tables/jobs.ts';

/** The job that a client of the workspace means with this ID. Use it for every ID that comes from a client. */
export function isVisibleJob({
  workspaceId,
  jobId,
}: {
  workspaceId: string;
  jobId: string;
}): SQL | undefined {
  return and(eq(jobs.id, jobId), eq(jobs.workspaceId, workspaceId), isNull(jobs.deletedAt));
}

/** Also the term of the indexes `jobs_list…`, to the letter: SQLite uses a partial index only then. */
export function isListedImport(): SQL {
  return sql`${jobs.kind} = 'import' AND ${jobs.deletedAt} IS NULL`;
}
