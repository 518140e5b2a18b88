import { and, eq, inArray, isNull, sql, type SQL } from 'drizzle-orm';
import type { JobKind } from '../contract/job.ts';
import type { JobRow } from './rows.ts';
import { jobs } from './tables/jobs.ts';

/** Kinds that calls about imports show. */
const IMPORT_KINDS: readonly JobKind[] = ['import', 'store'];

/**
 * The job that a client of the workspace means with this ID, among jobs of these kinds: by default those of imports. Use it
 * for every ID that comes from a client.
 */
export function isVisibleJob(
  { workspaceId, jobId }: { workspaceId: string; jobId: string },
  kinds = IMPORT_KINDS,
): SQL | undefined {
  return and(
    eq(jobs.id, jobId),
    eq(jobs.workspaceId, workspaceId),
    inArray(jobs.kind, kinds),
    isNull(jobs.deletedAt),
  );
}

/** The same for a row that was read by its ID alone. */
export function isShownImport(
  { kind, deletedAt, ...job }: Pick<JobRow, 'workspaceId' | 'kind' | 'deletedAt'>,
  workspaceId: string,
): boolean {
  return job.workspaceId === workspaceId && IMPORT_KINDS.includes(kind) && deletedAt === null;
}

/** Also the term of the indexes `jobs_list…`, to the letter: SQLite uses a partial index only then. */
export function isListedImport(): SQL {
  return sql`${jobs.kind} = 'import' AND ${jobs.deletedAt} IS NULL`;
}
