/** The columns of a job that say how an attempt reads its source. */
import { sql } from 'drizzle-orm';
import type { SourceReport } from '../contract/media.ts';

/** The mark of a source that needs a single connection stays for all later attempts. */
export function sourceColumns({ way, reason, oneConnection }: SourceReport) {
  return { sourceWay: way, sourceReason: reason, ...(oneConnection && { sourceOneConnection: true }) };
}

/** The same columns as the attempt has announced them with a file; they stay as they are while it has announced none. */
export function announcedSource() {
  const announced = (column: string) =>
    sql`coalesce((SELECT file.${sql.raw(column)} FROM artifacts AS file WHERE file.job_id = jobs.id AND file.attempt = jobs.attempt
      AND file.source_way IS NOT NULL LIMIT 1), jobs.${sql.raw(column)})`;
  return { sourceWay: announced('source_way'), sourceReason: announced('source_reason') };
}
