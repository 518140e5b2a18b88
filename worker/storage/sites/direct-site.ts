/** Service storage by R2's S3 API: the downloader sends parts to the bucket, and each costs the Worker one signature. */
import type { Config } from '../../config.ts';
import type { Ctx } from '../../context.ts';
import type { PartToSign, SignedRequest } from '../../contract/downloader/upload-plan.ts';
import { AppError } from '../../errors.ts';
import { s3Target, type S3Target } from '../s3/target.ts';
import { signedParts } from '../s3/signed-requests.ts';
import { serviceBucket } from './service-bucket.ts';
import type { UploadSite, UploadToSign } from './upload-site.ts';

/** R2 has one region (R2, "S3 API compatibility"). */
const REGION = 'auto';

/** The bucket of service storage as R2's S3 API names it; null when the operator has set no keys for that API. */
export function directTarget(config: Config): S3Target | null {
  const { R2_S3_ENDPOINT, R2_S3_BUCKET, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY } = config;
  if (!R2_S3_ENDPOINT || !R2_S3_BUCKET || !R2_ACCESS_KEY_ID || !R2_SECRET_ACCESS_KEY) return null;
  return s3Target(
    { endpoint: R2_S3_ENDPOINT, region: REGION, bucket: R2_S3_BUCKET, addressing: 'path' },
    { accessKeyId: R2_ACCESS_KEY_ID, secretAccessKey: R2_SECRET_ACCESS_KEY },
  );
}

/**
 * The site of R2's S3 API, which verifies the SHA-256 of each part. Small files do not use it, because the Worker could
 * not remove a single PUT that ends after its attempt.
 */
export function directSite(ctx: Ctx): UploadSite {
  return {
    ...serviceBucket(ctx, 'sha256'),
    via: 'direct',
    singlePut: false,
    sign: (upload, parts) => sign(ctx, upload, parts),
  };
}

/** A request may outlive its attempt, until its signature expires. Its upload is aborted then. */
async function sign(
  ctx: Ctx,
  { key, uploadId, digest }: UploadToSign,
  parts: PartToSign[],
): Promise<SignedRequest[]> {
  const target = directTarget(ctx.config);
  // The operator has removed the keys since the upload began.
  if (!target || uploadId === null) throw new AppError('storage_upload_lost');
  return signedParts(target, parts, { key, uploadId, now: ctx.now(), digest });
}
