/** Takes one upload back: aborted at the storage, its object in service storage deleted, the row marked. */
import { and, eq, inArray } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { PlacementRow } from '../db/rows.ts';
import { placements } from '../db/schema.ts';

/** Marks the placement `aborted` once nothing of it is left. Never throws: a failure leaves the row for the next sweep. */
export async function discardUpload(ctx: Ctx, placement: PlacementRow): Promise<void> {
  try {
    if (placement.uploadId) await abortServiceUpload(ctx, placement.key, placement.uploadId);
    await ctx.media.delete(placement.key);
    await ctx.db
      .update(placements)
      .set({ status: 'aborted' })
      .where(
        and(eq(placements.id, placement.id), inArray(placements.status, ['open', 'completing', 'stored'])),
      );
  } catch (error) {
    ctx.log.error('storage.discard_failed', { placementId: placement.id, error: String(error) });
  }
}

async function abortServiceUpload(ctx: Ctx, key: string, uploadId: string): Promise<void> {
  try {
    await ctx.media.resumeMultipartUpload(key, uploadId).abort();
  } catch (error) {
    // Completed or aborted before: nothing is left to abort.
    if (!/10024|does not exist|NoSuchUpload/i.test(String(error))) throw error;
  }
}
