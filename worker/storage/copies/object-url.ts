/** The URLs by which people read objects of a customer's bucket. */
import { appErrorAsValue } from '../../app-error-as-value.ts';
import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { openDestination } from '../destinations/destinations.ts';
import { plainUrl } from '../destinations/plain-url.ts';
import { presignedGet } from '../s3/presigned-get.ts';
import { bucketPlace, objectUrl } from '../s3/target.ts';

/** An object, and the URL that it had when it was stored. */
export interface PlacedObject {
  bucket: string;
  key: string;
  url: string;
}

/**
 * The URL to hand out now: presigned, or the CDN's, as the settings say. The one of its time for an object that they do
 * not lead to any more, or that cannot be signed for.
 */
export async function urlForReaders(ctx: Ctx, row: DestinationRow, object: PlacedObject): Promise<string> {
  const { bucket, key, url } = object;
  if (!isThere(row, object)) return url;
  if (row.presignedUrlSeconds === null) return plainUrl(row, object);
  const target = await appErrorAsValue(openDestination(ctx, row, { bucket }));
  if (target instanceof AppError) return url;
  return presignedGet(target, key, { now: ctx.now(), seconds: row.presignedUrlSeconds });
}

/** Either way of addressing leads to the same object. */
function isThere(row: DestinationRow, { bucket, key, url }: PlacedObject): boolean {
  const place = bucketPlace(row, bucket);
  return (['path', 'virtual'] as const).some(
    (addressing) => objectUrl({ ...place, addressing }, key) === url,
  );
}
