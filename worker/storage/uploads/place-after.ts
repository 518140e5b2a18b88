import type { Ctx } from '../../context.ts';
import type { Code } from '../../contract/codes.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { requireServiceAllowed } from '../destinations/keep-out-of-service.ts';
import { nextPlace, type UploadPlace } from '../destinations/several-destinations.ts';
import { mayFallBack, type UploadAttempt } from './upload-rules.ts';

interface RefusedUpload {
  live: UploadAttempt;
  /** Undefined when it was deleted. */
  destination: DestinationRow | undefined;
  code: Code;
  /** The destinations of earlier uploads; null stands for service storage. */
  tried: (string | null)[];
}

/**
 * Where a file goes that its destination refused: service storage, or another destination of the job; undefined when it
 * goes nowhere. AppError `storage_not_configured` when a deleted destination kept files out of service storage.
 */
export async function placeAfter(
  ctx: Ctx,
  { live, destination, code, tried }: RefusedUpload,
): Promise<UploadPlace | undefined> {
  const { rules, job } = live;
  const several = (await rules.listDestinations?.(ctx, job)) ?? [];
  // Settings that are gone no longer allow service storage: the other destinations decide.
  const isDecidedByOthers = several.length > 0 && !destination;
  if (mayFallBack(live, destination, code) && !isDecidedByOthers) {
    if (!destination) await requireServiceAllowed(ctx, job);
    return 'service';
  }
  return nextPlace(several, { refusedId: destination?.id ?? null, tried });
}
