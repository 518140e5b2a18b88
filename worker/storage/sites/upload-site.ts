/** A place that takes uploads: service storage, or a customer's bucket. Verbs ask it and do not care which it is. */
import type { Ctx } from '../../context.ts';
import type { PartDigest, StoredPart } from '../../contract/downloader/upload-plan.ts';
import { AppError } from '../../errors.ts';
import { findDestination, openDestination } from '../destinations/destinations.ts';
import { s3Site } from './s3-site.ts';
import type { S3Target, TargetChoice } from '../s3/target.ts';
import { serviceSite } from './service-site.ts';

/** One upload as its storage knows it. `placementId` is written beside the object, so that it can be recognised. */
export interface UploadRef {
  placementId: string;
  key: string;
  /** Null for a single PUT. */
  uploadId: string | null;
}

/** A multipart upload that has begun. */
export interface BegunUpload {
  uploadId: string;
  /** How its parts are checked. */
  digest: PartDigest;
  /** Names of the headers that settings asked for, and that the storage does not take. */
  omittedHeaders: string[];
  /** What the answers taught; null where there is nothing to record. */
  lesson: Lesson | null;
}

/** What a storage's answers said of the bucket. */
export interface Lesson {
  /** Proven by an upload that began. */
  region: string;
  /** Whether it was signed for another region first. */
  wasWrong: boolean;
  droppedHeaders: string[];
}

/** What the parts of an upload add up to. */
export interface FinishedUpload {
  /** The one that the upload began with. */
  digest: PartDigest;
  /** True: `storage_object_exists` when there is an object already, where the storage knows conditional writes. */
  ifNoneMatch?: boolean;
  /** True when this upload was asked to complete before, and nobody knows how that ended. */
  isRepeat?: boolean;
  parts: StoredPart[];
  sizeBytes: number;
  /** Of the whole object, base64. */
  crc32: string;
}

/** An object that was made out of its parts. */
export interface CompletedUpload {
  /** Quoted; null when the storage does not name it. */
  etag: string | null;
}

/** Every method throws AppError `storage_*` when the storage refuses or fails. */
export interface UploadSite {
  storage: 'service' | 'destination';
  bucket: string;
  digest: PartDigest;
  maxParts: number;
  /** Smallest part but the last. */
  minPartBytes: number;
  /** Whether small objects may be one PUT. */
  singlePut: boolean;
  /** Names of the headers that are known to be left out of every new object. */
  omittedHeaders: string[];
  /** True when an object is seen under the key; false also where nobody may look. */
  holds(key: string): Promise<boolean>;
  /** Begins a multipart upload. */
  create(upload: Omit<UploadRef, 'uploadId'>, contentType: string): Promise<BegunUpload>;
  /** Makes the object; `storage_upload_lost` when it neither is there nor can be made. Safe to repeat. */
  complete(upload: UploadRef, finished: FinishedUpload): Promise<CompletedUpload>;
  /** Takes the upload back with its parts; also when it is gone already. */
  abort(upload: UploadRef): Promise<'removed' | 'forbidden'>;
  /** Deletes the object if this very upload made it, as far as that is permitted. */
  removeObject(upload: UploadRef): Promise<void>;
  /** The URL of the object for people; null where links are signed at each read. */
  publicUrl(key: string): string | null;
}

/** The place of a placement; AppError as `openTarget`. */
export async function openSite(
  ctx: Ctx,
  { destinationId, ...choice }: { destinationId: string | null } & TargetChoice,
): Promise<UploadSite> {
  if (destinationId === null) return serviceSite(ctx);
  return s3Site(ctx, await openTarget(ctx, destinationId, choice));
}

/**
 * A destination ready for requests. An upload stays in its bucket when the settings are changed under it. AppError
 * `storage_not_configured` when they were deleted meanwhile, `storage_credentials_unreadable`, `storage_address_forbidden`.
 */
export async function openTarget(
  ctx: Ctx,
  destinationId: string,
  { bucket, storageClass }: TargetChoice = {},
): Promise<S3Target> {
  const row = await findDestination(ctx, destinationId);
  if (!row) throw new AppError('storage_not_configured');
  return openDestination(ctx, row, { bucket, storageClass });
}
