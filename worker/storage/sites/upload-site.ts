/** The one interface of everything that takes uploads: service storage, by relay or direct, and customers' buckets. */
import type {
  PartDigest,
  PartToSign,
  SignedRequest,
  StoredPart,
} from '../../contract/downloader/upload-plan.ts';
import type { PlacementVia } from '../../db/tables/artifacts.ts';
import type { Lesson } from '../s3/corrections.ts';

/** One upload as its storage knows it. `placementId` is written beside the object, so that it can be recognised. */
export interface UploadRef {
  placementId: string;
  key: string;
  /** Null for a single PUT. */
  uploadId: string | null;
}

/** What requests for the parts of an upload are made from. */
export interface UploadToSign extends UploadRef {
  jobId: string;
  /** The digest that each part is checked with. */
  digest: PartDigest;
  /** Of the object. */
  contentType: string;
  /** End of the attempt's lease, in unix milliseconds. */
  leaseUntil: number;
  /** The attempt's token: it authorizes requests to this Worker. */
  token: string;
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
  via: PlacementVia;
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
  /**
   * Requests that the downloader may send, one for each part and good for these bytes alone. `storage_upload_lost` when
   * the upload cannot go on this way.
   */
  sign(upload: UploadToSign, parts: PartToSign[]): Promise<SignedRequest[]>;
  /** Makes the object; `storage_upload_lost` when it neither is there nor can be made. Safe to repeat. */
  complete(upload: UploadRef, finished: FinishedUpload): Promise<CompletedUpload>;
  /** Takes the upload back with its parts; also when it is gone already. */
  abort(upload: UploadRef): Promise<'removed' | 'forbidden'>;
  /** Deletes the object if this very upload made it, as far as that is permitted. */
  removeObject(upload: UploadRef): Promise<void>;
  /** The URL of the object for people; null where links are signed at each read. */
  publicUrl(key: string): string | null;
}
