/** The interface of all upload targets: service storage (relay or direct) and customers' buckets. */
import type {
  PartDigest,
  PartToSign,
  SignedRequest,
  StoredPart,
} from '../../contract/downloader/upload-plan.ts';
import type { PlacementVia } from '../../db/tables/artifacts.ts';
import type { Lesson } from '../s3/corrections.ts';

/** Identifies an upload at its storage. `placementId` is stored as metadata of the object. */
export interface UploadRef {
  placementId: string;
  key: string;
  /** Null for a single PUT. */
  uploadId: string | null;
}

/** What requests for the parts of an upload are made from. */
export interface UploadToSign extends UploadRef {
  jobId: string;
  /** The slot of the downloader that will send the parts. */
  slot: string | null;
  /** The digest that each part is checked with. */
  digest: PartDigest;
  /** Content type of the object. */
  contentType: string;
  /** End of the attempt's lease, in unix milliseconds. */
  leaseUntil: number;
  /** The attempt's token: it authorizes requests to this Worker. */
  token: string;
  /** The grant of this upload: with it, a request to this Worker needs no database. */
  grant: string;
}

/** A multipart upload that has begun. */
export interface BegunUpload {
  uploadId: string;
  /** The digest that its parts are verified with. */
  digest: PartDigest;
  /** Names of the headers that the settings ask for and the storage refuses. */
  omittedHeaders: string[];
  /** What the answers taught; null when there is nothing to record. */
  lesson: Lesson | null;
}

/** The data that completes an upload. */
export interface FinishedUpload {
  /** The digest that the upload started with. */
  digest: PartDigest;
  /** True: fails with `storage_object_exists` if the object exists, provided that the storage supports conditional writes. */
  ifNoneMatch?: boolean;
  /** True when an earlier call tried to complete this upload and its result is unknown. */
  isRepeat?: boolean;
  parts: StoredPart[];
  sizeBytes: number;
  /** CRC-32 of the whole object, base64. */
  crc32: string;
}

/** An object that was made out of its parts. */
export interface CompletedUpload {
  /** With quotes; null when the storage does not tell it. */
  etag: string | null;
}

/** Every method throws AppError `storage_*` when the storage refuses or fails. */
export interface UploadSite {
  via: PlacementVia;
  bucket: string;
  digest: PartDigest;
  maxParts: number;
  /** Minimum size of every part except the last. */
  minPartBytes: number;
  /** Whether a small object may be sent by one PUT. */
  singlePut: boolean;
  /** Names of the headers that every new object is stored without. */
  omittedHeaders: string[];
  /** True when an object with this key is found. False also when reading is not permitted. */
  holds(key: string): Promise<boolean>;
  /** Starts a multipart upload. */
  create(upload: Omit<UploadRef, 'uploadId'>, contentType: string): Promise<BegunUpload>;
  /**
   * Signed requests for the downloader, one for each part and valid for its bytes only. `storage_upload_lost` when the
   * upload cannot continue this way.
   */
  sign(upload: UploadToSign, parts: PartToSign[]): Promise<SignedRequest[]>;
  /** Completes the object. `storage_upload_lost` when neither the object nor the upload exists. Safe to repeat. */
  complete(upload: UploadRef, finished: FinishedUpload): Promise<CompletedUpload>;
  /** Aborts the upload and removes its parts. Succeeds if it is already gone. */
  abort(upload: UploadRef): Promise<'removed' | 'forbidden'>;
  /** Deletes the object if this upload made it and deleting is permitted. */
  removeObject(upload: UploadRef): Promise<void>;
  /** The public URL of the object; null for service storage, whose links are signed at each read. */
  publicUrl(key: string): string | null;
}
