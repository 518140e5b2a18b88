/** Opens the site of a placement by its `via`. */
import type { Ctx } from '../../context.ts';
import type { PlacementRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { findDestination, openDestination } from '../destinations/destinations.ts';
import { requireEndpoint } from '../destinations/endpoint-verdict.ts';
import type { TargetChoice } from '../s3/target.ts';
import { directSite } from '../sites/direct-site.ts';
import { relaySite } from '../sites/relay-site.ts';
import { s3Site } from '../sites/s3-site.ts';
import type { UploadSite } from '../sites/upload-site.ts';

type Place = Pick<PlacementRow, 'via' | 'destinationId' | 'bucket'>;

interface SiteChoice extends Pick<TargetChoice, 'storageClass'> {
  /** The slot that renews an old verdict about the endpoint; null to use it as it is. Undefined when no request will be sent. */
  slot?: string | null;
}

/**
 * The site where the upload began, even if the settings have changed since: an upload stays in its bucket. AppError
 * `storage_not_configured` when its destination was deleted, and as `openDestination` and `requireEndpoint`.
 */
export async function openSite(
  ctx: Ctx,
  { via, destinationId, bucket }: Place,
  { storageClass, slot }: SiteChoice = {},
): Promise<UploadSite> {
  switch (via) {
    case 'relay':
      return relaySite(ctx);
    case 'direct':
      return directSite(ctx);
    case 's3': {
      const row = destinationId === null ? undefined : await findDestination(ctx, destinationId);
      if (!row) throw new AppError('storage_not_configured');
      const target = await openDestination(ctx, row, { bucket, storageClass });
      if (slot !== undefined) await requireEndpoint(ctx, { row, target, slot });
      return s3Site(ctx, target);
    }
  }
}
