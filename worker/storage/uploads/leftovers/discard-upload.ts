/** Discards one upload: aborts it at the storage, deletes its object and marks its row. */
import { and, eq, inArray, ne } from 'drizzle-orm';
import type { Ctx } from '../../../context.ts';
import type { PlacementRow } from '../../../db/rows.ts';
import { placements } from '../../../db/tables/artifacts.ts';
import { jobs } from '../../../db/tables/jobs.ts';
import { isPlacement } from '../../../db/upload-keys.ts';
import { AppError } from '../../../errors.ts';
import { errorText } from '../../../error-text.ts';
import { warnJob } from '../../../attempts/job-warnings.ts';
import { openSite } from '../open-site.ts';

/** For how long the sweep tries to remove an upload, in milliseconds: outages of providers end within a day. */
const GIVE_UP_MS = 24 * 3600_000;

/**
 * Marks the placement `aborted` once nothing of it is left, or when the storage does not permit that: then the job
 * gets a warning.
 * Never throws: after any other failure the sweep tries again, for a day. `unreachable` means that the storage did not
 * answer, so that the next request to it would only wait as well. `deadline` is a time limit of the caller, which says
 * nothing about the storage: what it cuts off is tried again however old it is.
 */
export async function discardUpload(
  ctx: Ctx,
  placement: PlacementRow,
  deadline?: AbortSignal,
): Promise<'done' | 'unreachable' | 'failed'> {
  try {
    const outcome = await remove(ctx, placement);
    if (outcome === 'forbidden') await warn(ctx, placement);
    await markAborted(ctx, placement);
    return 'done';
  } catch (error) {
    const facts = { placementId: placement.id, jobId: placement.jobId, error: errorText(error) };
    ctx.log.error('storage.discard_failed', facts);
    const isTooOld = ctx.now() - placement.createdAt > GIVE_UP_MS;
    if (isTooOld && deadline?.aborted !== true) await giveUp(ctx, placement);
    return error instanceof AppError && error.code === 'storage_unreachable' ? 'unreachable' : 'failed';
  }
}

async function remove(ctx: Ctx, placement: PlacementRow): Promise<'removed' | 'forbidden'> {
  const { id, key, uploadId, status } = placement;
  try {
    const site = await openSite(ctx, placement, { slot: null });
    const upload = { placementId: id, key, uploadId };
    const outcome = await site.abort(upload);
    // An open multipart upload has no object. In every other state there may be one.
    const mayHaveObject = uploadId === null || status !== 'open';
    if (mayHaveObject && !(await isNameShown(ctx, placement))) await site.removeObject(upload);
    return outcome;
  } catch (error) {
    // Without its settings or credentials the upload can no longer be removed.
    if (error instanceof AppError && isOutOfReach(error)) return 'forbidden';
    throw error;
  }
}

/**
 * Whether a completed job shows an object of this name. This upload has replaced that object, and without it the link of
 * the completed job would lead nowhere.
 */
async function isNameShown(ctx: Ctx, { id, destinationId, bucket, key }: PlacementRow): Promise<boolean> {
  // Keys of service storage are never used twice.
  if (destinationId === null) return false;
  const [shown] = await ctx.db
    .select({ id: placements.id })
    .from(placements)
    .innerJoin(jobs, and(eq(jobs.id, placements.jobId), eq(jobs.attempt, placements.attempt)))
    .where(
      and(
        eq(placements.destinationId, destinationId),
        eq(placements.bucket, bucket),
        eq(placements.key, key),
        ne(placements.id, id),
        eq(placements.status, 'stored'),
        eq(jobs.status, 'completed'),
      ),
    )
    .limit(1);
  return shown !== undefined;
}

function isOutOfReach({ code }: AppError): boolean {
  return (
    code === 'storage_not_configured' ||
    code === 'storage_credentials_unreadable' ||
    code === 'storage_credentials_invalid' ||
    code === 'storage_address_forbidden'
  );
}

async function giveUp(ctx: Ctx, placement: PlacementRow): Promise<void> {
  try {
    await warn(ctx, placement);
    await markAborted(ctx, placement);
  } catch (error) {
    ctx.log.error('storage.discard_failed', { placementId: placement.id, error: errorText(error) });
  }
}

async function markAborted(ctx: Ctx, placement: PlacementRow): Promise<void> {
  await ctx.db
    .update(placements)
    .set({ status: 'aborted' })
    .where(and(isPlacement(placement), inArray(placements.status, ['open', 'completing', 'stored'])));
}

/** One warning for all uploads that are left in a bucket. */
function warn(ctx: Ctx, { jobId, bucket }: PlacementRow): Promise<void> {
  const warning = `An unfinished upload in bucket ${bucket} could not be aborted. Grant s3:AbortMultipartUpload, or add a lifecycle rule that aborts incomplete multipart uploads.`;
  return warnJob(ctx, { jobId, warning });
}
