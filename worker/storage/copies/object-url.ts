/** URLs at which people read objects of a customer's bucket. */
import { appErrorAsValue } from '../../app-error-as-value.ts';
import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { openDestination } from '../destinations/destinations.ts';
import { plainUrl } from '../destinations/plain-url.ts';
import { presignedGet } from '../s3/presigned-get.ts';
import { bucketPlace, objectUrl } from '../s3/target.ts';

/** An object with the URL that it had when it was stored. */
export interface PlacedObject {
  bucket: string;
  key: string;
  url: string;
}

/**
 * The URL of an object by the current settings: presigned, or that of the CDN. If the settings no longer lead to the
 * object, or nobody can sign for it, the URL from the time when it was stored.
 */
export async function urlForReaders(
  ctx: Ctx,
  { destination: row, object }: { destination: DestinationRow; object: PlacedObject },
): Promise<string> {
  const { bucket, key, url } = object;
  if (!isThere(row, object)) return url;
  if (row.presignedUrlSeconds === null) return plainUrl(row, object);
  const target = await appErrorAsValue(openDestination(ctx, row, { bucket }));
  if (target instanceof AppError) return url;
  const seconds = row.presignedUrlSeconds;
  return presignedGet(target, key, { now: signingTime(ctx.now(), seconds), seconds });
}

/**
 * Up to a tenth of the lifetime of a link before `now`: links that are made within this time are the same, so that answers
 * with them do not differ.
 */
function signingTime(now: number, seconds: number): number {
  const stepMs = Math.max(1, Math.floor(seconds / 10)) * 1000;
  return Math.floor(now / stepMs) * stepMs;
}

/** Both ways of addressing lead to the same object. */
function isThere(row: DestinationRow, { bucket, key, url }: PlacedObject): boolean {
  const place = bucketPlace(row, bucket);
  return (['path', 'virtual'] as const).some(
    (addressing) => objectUrl({ ...place, addressing }, key) === url,
  );
}
