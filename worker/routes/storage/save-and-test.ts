import type { Ctx } from '../../context.ts';
import type { SavedDestination } from '../../contract/api/storage/destination-view.ts';
import { testDestination } from '../../storage/connection/test-storage.ts';
import { saveDestination } from '../../storage/destinations/save-destination.ts';
import { retryTransfersTo } from '../../transfers/due-transfers.ts';
import { toDestinationView } from '../../views/destination-view.ts';

/**
 * What `PUT` of a destination does: saves the settings, retries the transfers that the old ones refused, and tests the
 * new ones. The settings stay saved whatever the test finds. AppError as `saveDestination`.
 */
export async function saveAndTest(
  ctx: Ctx,
  ref: Parameters<typeof saveDestination>[1],
): Promise<SavedDestination> {
  const saved = await saveDestination(ctx, ref);
  await retryTransfersTo(ctx, saved.id);
  const { report, row, areCredentialsReadable } = await testDestination(ctx, saved);
  return { ...(await toDestinationView(ctx, row, areCredentialsReadable)), test: report };
}
