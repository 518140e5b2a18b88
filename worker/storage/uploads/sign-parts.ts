import type { Ctx } from '../../context.ts';
import type { PartToSign, SignedRequest } from '../../contract/downloader/upload-plan.ts';
import type { LiveAttempt } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { checkDigest, checkPart, checkSingle } from './check-parts.ts';
import { openSite } from './open-site.ts';
import { findUpload, isOpen } from './placement-rows.ts';

/**
 * Requests for parts of an open upload, each good for these bytes alone. `token` is the attempt's. AppError `not_found`,
 * `invalid_request`, `source_too_large`, `source_copy_changed`, `storage_*`.
 */
export async function signParts(
  ctx: Ctx,
  live: LiveAttempt,
  placementId: string,
  parts: PartToSign[],
  token: string,
): Promise<SignedRequest[]> {
  const upload = await findUpload(ctx, live, placementId);
  const { artifact, placement } = upload;
  if (!isOpen(placement)) throw new AppError('invalid_request', 'This upload is not open any more.');
  for (const part of parts) {
    checkPart(ctx.config, upload, part);
    checkSingle(upload, part);
    checkDigest(placement.digest, part);
  }
  const site = await openSite(ctx, placement, live.job.request);
  if (parts.some(({ number }) => number > site.maxParts))
    throw new AppError('storage_rejected', `it takes no more than ${site.maxParts} parts`);
  const { key, uploadId, digest } = placement;
  const { contentType } = artifact;
  const leaseUntil = live.job.leaseUntil ?? ctx.now();
  const jobId = live.job.id;
  return site.sign({ placementId, key, uploadId, jobId, digest, contentType, leaseUntil, token }, parts);
}
