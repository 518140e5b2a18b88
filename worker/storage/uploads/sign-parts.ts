import type { Ctx } from '../../context.ts';
import type { PartToSign, SignedRequest } from '../../contract/downloader/upload-plan.ts';
import type { LiveAttempt } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { checkDigest, checkPart, checkSingle } from './check-parts.ts';
import { openSite } from './open-site.ts';
import { findUpload, isOpen } from './placement-rows.ts';

interface PartsOfPlacement {
  live: LiveAttempt;
  placementId: string;
  parts: PartToSign[];
  /** The token of the attempt. */
  token: string;
}

/**
 * Requests for parts of an open upload. Each is valid only for the bytes of its digest. AppError `not_found`,
 * `invalid_request`, `source_too_large`, `source_copy_changed`, `storage_*`.
 */
export async function signParts(
  ctx: Ctx,
  { live, placementId, parts, token }: PartsOfPlacement,
): Promise<SignedRequest[]> {
  const upload = await findUpload(ctx, { live, placementId });
  const { artifact, placement } = upload;
  if (!isOpen(placement)) throw new AppError('invalid_request', 'This upload is no longer open.');
  for (const part of parts) {
    checkPart(ctx.config, upload, part);
    checkSingle(upload, part);
    checkDigest(placement.digest, part);
  }
  const site = await openSite(ctx, placement, { storageClass: live.job.request.storageClass });
  if (parts.some(({ number }) => number > site.maxParts))
    throw new AppError('storage_rejected', `it takes no more than ${site.maxParts} parts`);
  const { key, uploadId, digest } = placement;
  const { contentType } = artifact;
  const leaseUntil = live.job.leaseUntil ?? ctx.now();
  const { id: jobId, slot } = live.job;
  return site.sign(
    { placementId, key, uploadId, jobId, slot, digest, contentType, leaseUntil, token },
    parts,
  );
}
