/** Starts the uploads to the other destinations of an import, which get the same parts as the primary upload. */
import type { Ctx } from '../../context.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { DestinationRow, PlacementRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { errorText } from '../../error-text.ts';
import { toFailure } from '../../to-failure.ts';
import { giveUpSecondary } from './give-up-secondary.ts';
import { logRefusal } from './log-refusal.ts';
import {
  findUpload,
  isOpen,
  listPlacements,
  listSecondaries,
  toUploadPlan,
  type Upload,
} from './placement-rows.ts';
import { startSecondary } from './start-upload.ts';
import type { UploadAttempt } from './upload-rules.ts';

/** How long the read of the source waits for an endpoint that does not answer, in milliseconds. */
const PATIENCE_MS = 10_000;

interface Primary {
  live: UploadAttempt;
  /** The open primary upload. */
  placementId: string;
  patienceMs?: number;
}

/**
 * The plans of all destinations that can take the parts of the primary upload. The others get a copy after the import has ended. A
 * repeated call returns the uploads that are still open. AppError `not_found`, `invalid_request`.
 */
export async function openSecondaries(
  ctx: Ctx,
  { live, placementId, patienceMs = PATIENCE_MS }: Primary,
): Promise<UploadPlan[]> {
  const upload = await findUpload(ctx, { live, placementId });
  const { artifact, placement } = upload;
  if (placement.isSecondary || !isOpen(placement))
    throw new AppError('invalid_request', 'This upload is no longer open.');
  const requested = (await live.rules.listDestinations?.(ctx, live.job)) ?? [];
  const primaries = await listPlacements(ctx, artifact);
  const secondaries = await listSecondaries(ctx, artifact);
  // One that has the primary upload, or has refused it, gets no other one.
  const others = requested.filter(({ id }) => !primaries.some(({ destinationId }) => destinationId === id));
  // In the order of the request, which tells a deleted destination later.
  const ids = others.map(() => ctx.newId()).toSorted();
  const opened = others.map((destination, index) => {
    const earlier = secondaries.filter(({ destinationId }) => destinationId === destination.id);
    return inTime(
      ctx,
      patienceMs,
      openOne(ctx, { live, upload, destination, earlier, placementId: ids[index] ?? ctx.newId() }),
    );
  });
  return (await Promise.all(opened)).filter((plan) => plan !== null);
}

interface Secondary {
  live: UploadAttempt;
  upload: Upload;
  destination: DestinationRow;
  /** Its secondary uploads so far. */
  earlier: PlacementRow[];
  placementId: string;
}

/** Null when the destination has or has refused the file, or cannot take these parts. */
async function openOne(ctx: Ctx, { upload, earlier, ...file }: Secondary): Promise<UploadPlan | null> {
  const { artifact, placement } = upload;
  const open = earlier.find(isOpen);
  if (open && open.partSizeBytes === placement.partSizeBytes) return toUploadPlan(open);
  if (open) await giveUpSecondary(ctx, open, { code: 'storage_upload_lost', detail: 'other parts' });
  if (earlier.length > 0) return null;
  try {
    const { partSizeBytes } = placement;
    return await startSecondary(ctx, { ...file, artifact, earlier, partSizeBytes });
  } catch (error) {
    const { live, destination } = file;
    const { id: destinationId } = destination;
    if (!(error instanceof AppError)) {
      ctx.log.error('storage.secondary_failed', {
        jobId: live.job.id,
        destinationId,
        error: errorText(error),
      });
      return null;
    }
    logRefusal(ctx, { live, failure: toFailure(error), placement: null, destination, next: 'copy' });
    return null;
  }
}

/** Null when the work takes longer. An upload that begins late has a row, so it is removed after the end of the attempt. */
async function inTime(
  ctx: Ctx,
  patienceMs: number,
  work: Promise<UploadPlan | null>,
): Promise<UploadPlan | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), patienceMs);
  ctx.background(work.then(() => undefined));
  const plan = await Promise.race([work, late.promise]);
  clearTimeout(timer);
  return plan;
}
