/** Gives up uploads to other destinations. They get a copy of the file after the import has ended. */
import { and, inArray } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { Failure } from '../../contract/failure.ts';
import type { ArtifactRow, PlacementRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { isPlacement } from '../../db/upload-keys.ts';
import { discardUpload } from './leftovers/discard-upload.ts';
import { isOpen, listSecondaries } from './placement-rows.ts';

/** Gives up the open secondary upload to a destination, before the primary upload goes there. */
export async function giveUpSecondaryAt(
  ctx: Ctx,
  artifact: ArtifactRow,
  destinationId: string,
): Promise<void> {
  const rows = await listSecondaries(ctx, artifact);
  const open = rows.find((row) => row.destinationId === destinationId && isOpen(row));
  if (open) await giveUpSecondary(ctx, open, { code: 'storage_upload_lost', detail: 'replaced' });
}

/** Keeps the error, and removes what the upload has left. Changes nothing when it is not in progress. */
export async function giveUpSecondary(
  ctx: Ctx,
  placement: PlacementRow,
  { code, detail }: Failure,
): Promise<void> {
  const [row] = await ctx.db
    .update(placements)
    .set({ errorCode: code, errorDetail: detail ?? null })
    .where(and(isPlacement(placement), inArray(placements.status, ['open', 'completing'])))
    .returning();
  if (row) await discardUpload(ctx, row);
}
