import { and, eq, inArray, isNull, ne, or } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { Code } from '../../contract/codes.ts';
import type { JobRow, PlacementRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { AppError } from '../../errors.ts';

/** Failures of an upload after which nobody knows whether its object was made. */
const UNKNOWN_ENDS: readonly Code[] = ['storage_upload_lost', 'storage_unreachable', 'storage_unavailable'];

interface Conflict {
  job: Pick<JobRow, 'id'>;
  /** Where the object is. `placementId` and `detail` are those of the upload that found it. */
  place: Pick<PlacementRow, 'destinationId' | 'bucket' | 'key'> & { placementId?: string; detail?: string };
}

/**
 * The AppError `storage_object_exists` for an object that already has the name of an upload. It says if an earlier upload
 * of the job may have made the object: with s3:PutObject alone nobody can look, and an unknown result is not success.
 */
export async function nameConflict(ctx: Ctx, { job, place }: Conflict): Promise<AppError> {
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
  const own = earlier && 'it may belong to this import, whose earlier upload was cut off';
  const details = [detail, own].filter((text) => text !== undefined);
  return new AppError('storage_object_exists', details.join('; ') || undefined);
}
