/** Turns the row of an import into its entry in the list. */
import type { ImportSummary } from '../contract/api/import-list.ts';
import type { JobRow } from '../db/rows.ts';
import { costOf, errorOf, iso, isoOrNull, percentOf } from './import-view.ts';

/** What one row says: a list of many imports reads no other table. */
export function toImportSummary(job: JobRow): ImportSummary {
  return {
    jobId: job.id,
    status: job.status,
    url: job.request.url,
    title: job.title,
    createdAt: iso(job.createdAt),
    startedAt: isoOrNull(job.startedAt),
    finishedAt: isoOrNull(job.finishedAt),
    attempt: job.attempt,
    stage: job.stage,
    bytesDone: job.bytesDone,
    bytesTotal: job.bytesTotal,
    percent: percentOf(job.bytesDone, job.bytesTotal),
    ...costOf(job),
    error: errorOf(job),
    retryOf: job.retryOf,
  };
}
