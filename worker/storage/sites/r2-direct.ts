/** Service storage by R2's S3 API: parts go to the bucket itself, and cost the Worker a signature. */
import type { Config } from '../../config.ts';
import type { Ctx } from '../../context.ts';
import type { PartToSign, SignedRequest } from '../../contract/downloader/upload-plan.ts';
import type { PlacementRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { checkDigest } from '../uploads/check-parts.ts';
import { s3Target, type S3Target } from '../s3/target.ts';
import { signedPart } from '../s3/signed-requests.ts';

/** The only region that R2 has (R2, "S3 API compatibility"). */
const REGION = 'auto';

/** The bucket of service storage as its S3 API names it; null when the operator has set no keys for it. */
export function directTarget(config: Config): S3Target | null {
  const { R2_S3_ENDPOINT, R2_S3_BUCKET, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY } = config;
  if (!R2_S3_ENDPOINT || !R2_S3_BUCKET || !R2_ACCESS_KEY_ID || !R2_SECRET_ACCESS_KEY) return null;
  return s3Target(
    { endpoint: R2_S3_ENDPOINT, region: REGION, bucket: R2_S3_BUCKET, addressing: 'path' },
    { accessKeyId: R2_ACCESS_KEY_ID, secretAccessKey: R2_SECRET_ACCESS_KEY },
  );
}

/** True for an upload that began direct, and is to go on so whatever the configuration says meanwhile. */
export function isDirect({ destinationId, digest }: Pick<PlacementRow, 'destinationId' | 'digest'>): boolean {
  return destinationId === null && digest === 'sha256';
}

/**
 * Requests for parts of a direct upload. One may outlive its attempt by its signature's minutes: it then fills an upload
 * that is aborted. AppError `invalid_request`, and `storage_upload_lost` when the keys were taken away under it.
 */
export async function signDirect(
  ctx: Ctx,
  { key, uploadId }: PlacementRow,
  parts: PartToSign[],
): Promise<SignedRequest[]> {
  for (const part of parts) checkDigest('sha256', part);
  const target = directTarget(ctx.config);
  if (!target || uploadId === null) throw new AppError('storage_upload_lost');
  const now = ctx.now();
  return Promise.all(parts.map((part) => signedPart(target, { key, uploadId, part, now, digest: 'sha256' })));
}
