import { and, eq, inArray, isNull, ne, or } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { Code } from '../../contract/codes.ts';
import type { JobRow, PlacementRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { AppError } from '../../errors.ts';

/** Ends of an upload after which nobody knows whether its object was made. */
const UNKNOWN_ENDS: readonly Code[] = ['storage_upload_lost', 'storage_unreachable', 'storage_unavailable'];

/**
 * The AppError `storage_object_exists` for an upload that met an object under its name. Where an earlier upload of the job
 * may have made it, it says so: with s3:PutObject alone nobody can look, and unknown is never success.
 */
export async function nameConflict(
  ctx: Ctx,
  job: Pick<JobRow, 'id'>,
  place: Pick<PlacementRow, 'destinationId' | 'bucket' | 'key'> & { placementId?: string; detail?: string },
): Promise<AppError> {
  const { destinationId, bucket, key, placementId = '', detail } = place;
  const earlier = await ctx.db.query.placements.findFirst({
    where: and(
      eq(placements.jobId, job.id),
      ne(placements.id, placementId),
      eq(placements.destinationId, destinationId ?? ''),
      eq(placements.bucket, bucket),
      eq(placements.key, key),
      or(isNull(placements.errorCode), inArray(placements.errorCode, UNKNOWN_ENDS)),
    ),
  });
  const own = earlier && 'it may be of this very import: an earlier upload of it was cut off';
  const details = [detail, own].filter((text) => text !== undefined);
  return new AppError('storage_object_exists', details.join('; ') || undefined);
}
