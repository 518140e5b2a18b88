import type { Ctx } from '../../context.ts';
import { controlUrl } from '../../control-url.ts';
import { PART_CRC32_HEADER } from '../../contract/downloader/signature.ts';
import type { PartToSign, SignedRequest } from '../../contract/downloader/upload-plan.ts';
import type { LiveAttempt } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { checkDigest, checkPart, checkSingle } from './check-parts.ts';
import { findUpload, isOpen, type Upload } from './placement-rows.ts';
import { isDirect, signDirect } from '../sites/r2-direct.ts';
import { openTarget } from '../sites/upload-site.ts';
import { signedPart, signedPut } from '../s3/signed-requests.ts';

/** How long a request to this Worker may be kept, in milliseconds; what counts is the attempt, checked when it arrives. */
const SERVICE_REQUEST_MS = 15 * 60_000;

/**
 * Requests for parts of an open upload, each good for these very bytes. `token` is the attempt's: parts for service
 * storage come back with it, unless they go there direct. AppError `not_found`, `invalid_request`, `source_too_large`,
 * `source_copy_changed`, `storage_*`.
 */
export async function signParts(
  ctx: Ctx,
  live: LiveAttempt,
  placementId: string,
  parts: PartToSign[],
  token: string,
): Promise<SignedRequest[]> {
  const upload = await findUpload(ctx, live, placementId);
  if (!isOpen(upload.placement)) throw new AppError('invalid_request', 'This upload is not open any more.');
  for (const part of parts) {
    checkPart(ctx.config, upload, part);
    checkSingle(upload, part);
  }
  if (isDirect(upload.placement)) return signDirect(ctx, upload.placement, parts);
  return upload.placement.destinationId === null
    ? signForService(ctx, live, upload, parts, token)
    : signForS3(ctx, live, upload, parts, upload.placement.destinationId);
}

function signForService(
  ctx: Ctx,
  { job }: LiveAttempt,
  { placement }: Upload,
  parts: PartToSign[],
  token: string,
): SignedRequest[] {
  const base = `${controlUrl(ctx.config)}/jobs/${job.id}/placements/${placement.id}/parts`;
  const expiresAt = new Date(ctx.now() + SERVICE_REQUEST_MS).toISOString();
  return parts.map((part) => {
    checkDigest('crc32', part);
    const headers = {
      authorization: `Bearer ${token}`,
      [PART_CRC32_HEADER]: part.digest,
      'content-length': `${part.sizeBytes}`,
    };
    return { number: part.number, method: 'PUT', url: `${base}/${part.number}`, headers, expiresAt };
  });
}

async function signForS3(
  ctx: Ctx,
  live: LiveAttempt,
  { artifact, placement }: Upload,
  parts: PartToSign[],
  destinationId: string,
): Promise<SignedRequest[]> {
  const { storageClass } = live.job.request;
  const target = await openTarget(ctx, destinationId, { bucket: placement.bucket, storageClass });
  const { key, uploadId, digest } = placement;
  const { maxParts } = target.profile;
  for (const part of parts) {
    checkDigest(digest, part);
    if (part.number > maxParts)
      throw new AppError('storage_rejected', `it takes no more than ${maxParts} parts`);
  }
  if (uploadId !== null) {
    const now = ctx.now();
    return Promise.all(parts.map((part) => signedPart(target, { key, uploadId, part, now, digest })));
  }
  const single = {
    key,
    placementId: placement.id,
    contentType: artifact.contentType,
    now: ctx.now(),
    leaseUntil: live.job.leaseUntil ?? ctx.now(),
  };
  return Promise.all(parts.map((part) => signedPut(target, { ...single, part })));
}
