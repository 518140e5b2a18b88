import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { findCopy } from './find-copy.ts';
import { presignedGet } from '../s3/presigned-get.ts';
import { serveObject, type ObjectRequest } from './serve-media.ts';
import { openDestination } from '../destinations/destinations.ts';

/** How long a link to the bucket is good, in seconds: for the requests of the next minutes; a long read that breaks asks anew. */
const LINK_SECONDS = 900;

/**
 * The file of a finished import: its bytes from service storage, or a redirect to the bucket that has them. The link
 * of the redirect expires soon; the downloader then asks again. AppError `source_copy_gone`, and as `openDestination`.
 */
export async function serveCopy(
  ctx: Ctx,
  { importId, ...conditions }: { importId: string } & Omit<ObjectRequest, 'key'>,
): Promise<Response> {
  const copy = await findCopy(ctx, importId);
  if (!copy) throw new AppError('source_copy_gone');
  const { placement, destination } = copy;
  if (destination === null) return serveObject(ctx, { ...conditions, key: placement.key });
  const target = await openDestination(ctx, destination, { bucket: placement.bucket });
  const location = await presignedGet(target, placement.key, { now: ctx.now(), seconds: LINK_SECONDS });
  return new Response(null, { status: 307, headers: { location } });
}
