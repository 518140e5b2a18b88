import type { Ctx } from '../../context.ts';
import type { LiveAttempt } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { findCopy } from './find-copy.ts';
import { presignedGet } from '../s3/presigned-get.ts';
import { serveObject, type ObjectRequest } from './serve-media.ts';
import { openTarget } from '../sites/upload-site.ts';

/** How long a link to the bucket is good, in seconds: for the requests of the next minutes; a long read that breaks asks anew. */
const LINK_SECONDS = 900;

/**
 * The file that a store job stores again: the bytes of service storage, or a redirect to the bucket that has them. The
 * link of the redirect ends soon; the downloader comes back for the next. AppError `not_found` for any other kind of
 * job, `source_copy_gone`, and as `openTarget`.
 */
export async function serveCopy(
  ctx: Ctx,
  { job }: LiveAttempt,
  conditions: Omit<ObjectRequest, 'key'>,
): Promise<Response> {
  if (job.kind !== 'store' || job.storeOf === null) throw new AppError('not_found');
  const copy = await findCopy(ctx, job.storeOf);
  if (!copy) throw new AppError('source_copy_gone');
  const { placement, destination } = copy;
  if (destination === null) return serveObject(ctx, { ...conditions, key: placement.key });
  const target = await openTarget(ctx, destination.id, { bucket: placement.bucket });
  const location = await presignedGet(target, placement.key, { now: ctx.now(), seconds: LINK_SECONDS });
  return new Response(null, { status: 307, headers: { location } });
}
