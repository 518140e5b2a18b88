/** The event of a storage that refused a file. */
import type { Ctx } from '../../context.ts';
import type { UploadPlan } from '../../contract/downloader/upload-plan.ts';
import type { Failure } from '../../contract/failure.ts';
import type { DestinationRow, LiveAttempt, PlacementRow } from '../../db/rows.ts';
import { profileForHost } from '../s3/provider-profiles.ts';
import { endpointOf } from '../s3/target.ts';

interface Refusal {
  live: LiveAttempt;
  failure: Failure;
  /** Null when the upload did not begin. */
  placement: Pick<PlacementRow, 'id' | 'destinationId' | 'via' | 'kind'> | null;
  /** Undefined for service storage, or when the destination was deleted. */
  destination: DestinationRow | undefined;
  /** Where the file goes instead; `copy` when the destination gets a copy after the import, null when the attempt fails. */
  next: UploadPlan['storage'] | 'copy' | null;
}

/** Logs `storage.refused`: as an error for service storage, which is the operator's. */
export function logRefusal(ctx: Ctx, { live, failure, placement, destination, next }: Refusal): void {
  const isService = placement !== null && placement.destinationId === null;
  const { job, attempt } = live;
  ctx.log[isService ? 'error' : 'info']('storage.refused', {
    jobId: job.id,
    attempt,
    workspaceId: job.workspaceId,
    placementId: placement?.id,
    destinationId: destination?.id,
    provider: isService ? 'service' : destination && profileForHost(endpointOf(destination).hostname).name,
    via: placement?.via ?? 's3',
    upload: placement?.kind,
    code: failure.code,
    // The status and the short code of the storage, never its text.
    detail: failure.detail,
    next,
  });
}
