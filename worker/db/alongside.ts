import { eq, sql, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { JobRow } from './rows.ts';
import { jobs } from './tables/jobs.ts';

/** A job that a batch makes. `exists` is true in that batch from the statement on that makes it. */
export interface MadeJob extends Pick<JobRow, 'id' | 'status'> {
  exists: SQL;
}

/**
 * Statements that a caller adds to the batch in which a verb makes a job. They must change nothing unless `exists` is
 * true. A statement that fails undoes the whole batch.
 */
export type Alongside = (job: MadeJob) => Promise<BatchItem<'sqlite'>[]>;

/** The job as the statements of a caller see it. */
export function madeJob({ id, status }: Pick<JobRow, 'id' | 'status'>): MadeJob {
  return { id, status, exists: sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${eq(jobs.id, id)})` };
}
