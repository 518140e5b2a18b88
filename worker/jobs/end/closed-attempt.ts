/** What the row of an attempt says at its end, for the log and for Analytics Engine. */
import { sql } from 'drizzle-orm';
import type { AttemptOutcome } from '../../contract/job.ts';
import type { PlacementVia } from '../../db/tables/artifacts.ts';
import { attempts } from '../../db/tables/jobs.ts';
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

/** For RETURNING, where Drizzle writes columns without their table: therefore this names them as text. */
const LAST_UPLOAD = sql<string | null>`(SELECT json_object('via', place.via, 'bucket', place.bucket,
    'endpoint', target.endpoint, 'region', target.region, 'openedAt', min(place.created_at) OVER ())
  FROM placements AS place LEFT JOIN destinations AS target ON target.id = place.destination_id
  WHERE place.job_id = attempts.job_id AND place.attempt = attempts.attempt AND place.is_secondary = 0
  ORDER BY place.created_at DESC, place.id DESC LIMIT 1)`;

/** The columns that a statement which closes attempts returns. */
export const CLOSED_COLUMNS = {
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
  lastUpload: LAST_UPLOAD,
};

export type ClosedAttempt = Pick<
  typeof attempts.$inferSelect,
  Exclude<keyof typeof CLOSED_COLUMNS, 'lastUpload' | 'outcome'>
> & { outcome: AttemptOutcome | null; lastUpload: string | null };

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
