import type { Ctx } from '../context.ts';
import { failure, toPublicFailure, type PublicFailure } from '../contract/failure.ts';
import type { ArtifactRow, JobRow, PlacementRow } from '../db/rows.ts';
import { signMediaLink } from './media-link.ts';

/** Where the file of an import is, in the guide's words (`mediaUrl`, `s3Storage`) and in ours (`storage`). */
export interface StorageDescription {
  /** Null once retention has deleted the file. */
  mediaUrl: string | null;
  /** Only when the file is in the customer's bucket, and `storageReturnLocation` is not false. */
  s3Storage?: { url: string; bucket: string; key: string };
  storage: {
    status: 'stored' | 'fallback' | 'service';
    /** Why service storage: `storage_not_configured` when `store` was asked for without settings. */
    reason?: string;
    bucket?: string;
    key?: string;
    /** ISO 8601; when service storage deletes the file. */
    expiresAt?: string;
    /** Why the customer's bucket does not have it. */
    error?: PublicFailure;
  };
}

/** Describes the placement of a completed job; links of service storage are signed anew. */
export async function describeStorage(
  ctx: Ctx,
  {
    job,
    placement,
    failedPlacement,
  }: {
    job: JobRow;
    artifact: ArtifactRow | null;
    placement: PlacementRow | null;
    failedPlacement: PlacementRow | null;
  },
): Promise<StorageDescription> {
  if (!placement) throw new Error(`job ${job.id} has no placement to describe`);
  if (placement.destinationId !== null) return describeStored(job, placement);
  const isKept =
    placement.status === 'stored' && (placement.expiresAt ?? Number.POSITIVE_INFINITY) > ctx.now();
  const mediaUrl = isKept ? await signMediaLink(ctx, placement.key, placement.expiresAt) : null;
  const expires =
    placement.expiresAt === null ? {} : { expiresAt: new Date(placement.expiresAt).toISOString() };
  return { mediaUrl, storage: { ...describeService(job, failedPlacement), ...expires } };
}

function describeStored(job: JobRow, { url, bucket, key }: PlacementRow): StorageDescription {
  if (url === null) throw new Error(`job ${job.id} is stored at no URL`);
  if (job.request.storageReturnLocation === false) return { mediaUrl: url, storage: { status: 'stored' } };
  return { mediaUrl: url, s3Storage: { url, bucket, key }, storage: { status: 'stored', bucket, key } };
}

function describeService(job: JobRow, failed: PlacementRow | null): StorageDescription['storage'] {
  if (failed?.errorCode) {
    const error = toPublicFailure(failure(failed.errorCode, failed.errorDetail ?? undefined));
    return { status: 'fallback', error };
  }
  return job.request.store ? { status: 'service', reason: 'storage_not_configured' } : { status: 'service' };
}
