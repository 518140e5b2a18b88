import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { findCopy, type ImportedFileRef } from './find-copy.ts';
import { presignedGet } from '../s3/presigned-get.ts';
import { serveObject, type ObjectRequest } from './serve-media.ts';
import { openDestination } from '../destinations/destinations.ts';

/** Lifetime of a link to the bucket, in seconds. A read that breaks after that asks for another link. */
const LINK_SECONDS = 900;

/**
 * A file of a completed import: its bytes from service storage, or a redirect to the bucket that has them. The link
 * of the redirect expires soon; the downloader then asks again. AppError `source_copy_gone`, and as `openDestination`.
 */
export async function serveCopy(
  ctx: Ctx,
  { importId, role, ...conditions }: ImportedFileRef & Omit<ObjectRequest, 'key'>,
): Promise<Response> {
  const copy = await findCopy(ctx, { importId, role });
  if (!copy) throw new AppError('source_copy_gone');
  const { placement, destination } = copy;
  if (destination === null) return serveObject(ctx, { ...conditions, key: placement.key });
  const target = await openDestination(ctx, destination, { bucket: placement.bucket });
  const location = await presignedGet(target, placement.key, { now: ctx.now(), seconds: LINK_SECONDS });
  return new Response(null, { status: 307, headers: { location } });
}
