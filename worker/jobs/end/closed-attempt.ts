/** The row of an attempt, which is written at its end, and what it says for the log and for Analytics Engine. */
import { getTableColumns, isNull, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { AttemptOutcome } from '../../contract/job.ts';
import type { PlacementVia } from '../../db/tables/artifacts.ts';
import { selectRow } from '../../db/bound-row.ts';
import type { JobRow } from '../../db/rows.ts';
import { attempts, jobs } from '../../db/tables/jobs.ts';
import { profileForHost } from '../../storage/s3/provider-profiles.ts';
import { endpointOf } from '../../storage/s3/target.ts';

/** The last primary upload of the attempt, with the settings that tell the provider. */
interface LastUpload {
  via: PlacementVia;
  bucket: string;
  endpoint: string | null;
  region: string | null;
  /** When the first upload began, in Unix milliseconds. */
  openedAt: number;
}

/** Of the attempt in a row of this table. Names columns as text, since Drizzle leaves their table out in RETURNING. */
const lastUpload = (table: string, jobId: string) =>
  sql<string | null>`(SELECT json_object('via', place.via, 'bucket', place.bucket,
    'endpoint', target.endpoint, 'region', target.region, 'openedAt', min(place.created_at) OVER ())
  FROM placements AS place LEFT JOIN destinations AS target ON target.id = place.destination_id
  WHERE place.job_id = ${sql.raw(`${table}.${jobId}`)} AND place.attempt = ${sql.raw(`${table}.attempt`)} AND place.is_secondary = 0
  ORDER BY place.created_at DESC, place.id DESC LIMIT 1)`;

const CLOSED_COLUMNS = {
  jobId: attempts.jobId,
  attempt: attempts.attempt,
  slot: attempts.slot,
  claimedAt: attempts.claimedAt,
  acceptedAt: attempts.acceptedAt,
  downloadingAt: attempts.downloadingAt,
  mergingAt: attempts.mergingAt,
  uploadingAt: attempts.uploadingAt,
  verifyingAt: attempts.verifyingAt,
  endedAt: attempts.endedAt,
  outcome: attempts.outcome,
  errorCode: attempts.errorCode,
  lastUpload: lastUpload('attempts', 'job_id'),
};

export type ClosedAttempt = Pick<
  typeof attempts.$inferSelect,
  Exclude<keyof typeof CLOSED_COLUMNS, 'lastUpload' | 'outcome'>
> & { outcome: AttemptOutcome | null; lastUpload: string | null };

type End = Pick<typeof attempts.$inferSelect, 'slot' | 'outcome' | 'errorCode' | 'errorDetail'>;

/**
 * Writes the rows of attempts, each once: the last one of each job that `which` selects, with its values or expressions over `from`. The
 * job no longer knows the slot. An attempt that an earlier version of the service began has a row, which is completed.
 */
export function insertClosed(
  ctx: Ctx,
  end: { [Column in keyof End]: End[Column] | SQL },
  { from = sql`(SELECT 1)`, which }: { from?: SQL; which: SQL | undefined },
) {
  const now = ctx.now();
  const row = {
    jobId: jobs.id,
    attempt: jobs.attempt,
    claimedAt: sql`coalesce(${jobs.claimedAt}, ${now})`,
    acceptedAt: jobs.acceptedAt,
    resolvingAt: jobs.resolvingAt,
    downloadingAt: jobs.downloadingAt,
    mergingAt: jobs.mergingAt,
    uploadingAt: jobs.uploadingAt,
    verifyingAt: jobs.verifyingAt,
    endedAt: now,
    ...end,
  };
  const given = (column: string) => sql.raw(`excluded.${column}`);
  return ctx.db
    .insert(attempts)
    .select(selectRow(attempts, row, sql`FROM ${jobs} JOIN ${from} WHERE ${which}`))
    .onConflictDoUpdate({
      target: [attempts.jobId, attempts.attempt],
      set: {
        endedAt: given('ended_at'),
        outcome: given('outcome'),
        errorCode: given('error_code'),
        errorDetail: given('error_detail'),
      },
      setWhere: isNull(attempts.endedAt),
    })
    .returning(CLOSED_COLUMNS);
}

/** What the end of a job returns: the job, and the last upload of its attempt. */
export const ENDED_COLUMNS = { ...getTableColumns(jobs), lastUpload: lastUpload('jobs', 'id') };

export type EndedJob = JobRow & Pick<ClosedAttempt, 'lastUpload'>;

/** The attempt that has completed the job. It needs no row: nothing follows it, so its job keeps what is known about it. */
export function completedAttempt(job: EndedJob): ClosedAttempt {
  const { id: jobId, completedIn, claimedAt, finishedAt: endedAt } = job;
  const times = { claimedAt: claimedAt ?? endedAt ?? 0, endedAt };
  return { ...job, ...times, jobId, slot: completedIn ?? '', outcome: 'completed' };
}

/** The last upload; null when none began. */
export function lastUploadOf({ lastUpload }: ClosedAttempt): LastUpload | null {
  return lastUpload === null ? null : (JSON.parse(lastUpload) as LastUpload);
}

/** The storage of the last upload: `service`, the name of a provider, or null when none began. */
export function providerOf(upload: LastUpload | null): string | null {
  if (upload === null) return null;
  const { via, region, bucket, endpoint } = upload;
  // Without a region, the destination was deleted.
  if (via !== 's3' || region === null) return via === 's3' ? 'unknown' : 'service';
  return profileForHost(endpointOf({ endpoint, region, bucket }).hostname).name;
}
