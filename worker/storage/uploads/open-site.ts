/** Opens the site of a placement by its `via`. */
import type { Ctx } from '../../context.ts';
import type { DestinationRow, PlacementRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { findDestination } from '../destinations/destinations.ts';
import { requireEndpoint } from '../destinations/endpoint-verdict.ts';
import { openRecent } from '../destinations/target-cache.ts';
import { directSite } from '../sites/direct-site.ts';
import { relaySite } from '../sites/relay-site.ts';
import { s3Site } from '../sites/s3-site.ts';
import type { UploadSite } from '../sites/upload-site.ts';

type Place = Pick<PlacementRow, 'via' | 'destinationId' | 'bucket'>;

interface SiteChoice {
  /** The slot that renews an old verdict about the endpoint; null to use it as it is. */
  slot: string | null;
  /** The row of the destination, if the caller has read it. */
  row?: DestinationRow | undefined;
}

/**
 * The site where the upload began, even if the settings have changed since: an upload stays in its bucket. AppError
 * `storage_not_configured` when its destination was deleted, and as `openDestination` and `requireEndpoint`.
 */
export async function openSite(
  ctx: Ctx,
  { via, destinationId, bucket }: Place,
  { slot, row: known }: SiteChoice,
): Promise<UploadSite> {
  switch (via) {
    case 'relay':
      return relaySite(ctx);
    case 'direct':
      return directSite(ctx);
    case 's3': {
      const row = known ?? (destinationId === null ? undefined : await findDestination(ctx, destinationId));
      if (!row) throw new AppError('storage_not_configured');
      const target = await openRecent(ctx, row, { bucket });
      await requireEndpoint(ctx, { row, target, slot });
      return s3Site(ctx, target);
    }
  }
}
