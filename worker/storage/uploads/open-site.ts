/** Opens the site of a placement by its `via`. */
import type { Ctx } from '../../context.ts';
import type { PlacementRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { findDestination, openDestination } from '../destinations/destinations.ts';
import type { TargetChoice } from '../s3/target.ts';
import { directSite } from '../sites/direct-site.ts';
import { relaySite } from '../sites/relay-site.ts';
import { s3Site } from '../sites/s3-site.ts';
import type { UploadSite } from '../sites/upload-site.ts';

/**
 * The site where the upload began, even if the settings have changed since: an upload stays in its bucket. AppError `storage_not_configured` when its destination was deleted, and as `openDestination`.
 */
export async function openSite(
  ctx: Ctx,
  { via, destinationId, bucket }: Pick<PlacementRow, 'via' | 'destinationId' | 'bucket'>,
  { storageClass }: Pick<TargetChoice, 'storageClass'> = {},
): Promise<UploadSite> {
  switch (via) {
    case 'relay':
      return relaySite(ctx);
    case 'direct':
      return directSite(ctx);
    case 's3': {
      const row = destinationId === null ? undefined : await findDestination(ctx, destinationId);
      if (!row) throw new AppError('storage_not_configured');
      return s3Site(ctx, await openDestination(ctx, row, { bucket, storageClass }));
    }
  }
}
