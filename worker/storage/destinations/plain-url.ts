/** The unsigned URL of an object in a customer's bucket. */
import type { DestinationRow } from '../../db/rows.ts';
import { encodeKey } from '../s3/encode-key.ts';
import { bucketPlace, objectUrl, type TargetSettings } from '../s3/target.ts';

/** The URL at the CDN if the object is in the bucket of the settings and a CDN is set, else the URL at the provider. */
export function plainUrl(
  settings: TargetSettings & Pick<DestinationRow, 'publicBaseUrl'>,
  { bucket, key }: { bucket: string; key: string },
): string {
  const { publicBaseUrl } = settings;
  if (publicBaseUrl !== null && bucket === settings.bucket) return `${publicBaseUrl}/${encodeKey(key)}`;
  return objectUrl(bucketPlace(settings, bucket), key);
}
