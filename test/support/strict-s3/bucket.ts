/** Buckets, objects and uploads of the stand-in, in memory. */
import type { BucketOptions } from './options.ts';

export type StoredObject = {
  body: Buffer;
  /** Headers that are stored with the object: content-type, x-amz-meta-*, class, ACL, encryption, tags. */
  headers: ReadonlyMap<string, string>;
  /** With quotes. */
  etag: string;
  storedAtMs: number;
};

export type UploadedPart = { body: Buffer; etag: string; checksum: string | null };

export type Upload = {
  key: string;
  headers: ReadonlyMap<string, string>;
  checksumAlgorithm: string | null;
  checksumType: 'COMPOSITE' | 'FULL_OBJECT';
  parts: Map<number, UploadedPart>;
};

export type Bucket = Required<BucketOptions> & {
  objects: Map<string, StoredObject>;
  uploads: Map<string, Upload>;
  /** Keys with a conditional write in progress. */
  claimedKeys: Set<string>;
};

/** An empty bucket with the defaults of a private one. */
export function makeBucket(options: BucketOptions, region: string): Bucket {
  return {
    region,
    ownerId: '111122223333',
    isPublic: false,
    cors: [],
    hasAclsDisabled: false,
    ...options,
    objects: new Map(),
    uploads: new Map(),
    claimedKeys: new Set(),
  };
}
