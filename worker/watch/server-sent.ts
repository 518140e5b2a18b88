/** The text form of Server-Sent Events (HTML Standard, section 9.2). Pure. */
import type { ImportProgress } from '../contract/api/import-events.ts';
import type { JobRow } from '../db/rows.ts';
import { percentOf } from '../views/import-view.ts';
import { etaSeconds } from './speed.ts';

/** How long a browser waits before it connects again. */
export const RETRY_LINE = 'retry: 2000\n\n';
/** A comment, which keeps proxies from closing a silent connection. */
export const KEEP_ALIVE = ': keep-alive\n\n';

/** One event. JSON has no line breaks of its own, so the data is one line. */
export function eventText({ id, event, data }: { id: string; event: string; data: object }): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Names what a client knows of the job: two looks with the same name tell the same. */
export function eventIdOf({
  attempt,
  status,
  stage,
  bytesDone,
  bytesTotal,
  cancelRequestedAt,
}: JobRow): string {
  const known = [
    attempt,
    status,
    stage ?? '',
    bytesDone,
    bytesTotal ?? '',
    cancelRequestedAt === null ? '' : 'c',
  ];
  return known.join('.');
}

/** The data of a `progress` event. */
export function toProgress(job: JobRow, bytesPerSecond: number | null): ImportProgress {
  const { id: jobId, status, attempt, stage, bytesDone, bytesTotal } = job;
  return {
    jobId,
    status,
    attempt,
    stage,
    bytesDone,
    bytesTotal,
    percent: percentOf(bytesDone, bytesTotal),
    bytesPerSecond,
    etaSeconds: etaSeconds(job, bytesPerSecond),
  };
}
