/**
 * Differences between providers, which the real servers of the tests do not have. Each profile names the source of its
 * behaviour. A feature that a provider does not document is refused, so that clients do not rely on it.
 */
import type { HeaderRules } from './header-rules.ts';
import {
  AWS_HEADERS,
  B2_HEADERS,
  CEPH_HEADERS,
  DO_HEADERS,
  GCS_HEADERS,
  MINIO_HEADERS,
  R2_HEADERS,
  SCALEWAY_HEADERS,
} from './header-tables.ts';

export type ProfileName = 'aws' | 'r2' | 'b2' | 'gcs' | 'scaleway' | 'minio' | 'do' | 'ceph';

/** How a request signed for another region than the bucket's is refused. */
export type WrongRegionAnswer =
  | 'AuthorizationHeaderMalformed'
  | 'PermanentRedirect'
  | 'TemporaryRedirect'
  | 'InvalidRegionName'
  | 'SignatureDoesNotMatch';

export type Profile = {
  name: ProfileName;
  source: string;
  defaultRegion: string;
  /** Regions that a signature may have: that of the bucket, one of a list, or any. */
  regions: 'bucket' | 'any' | readonly string[];
  wrongRegion: WrongRegionAnswer;
  headers: HeaderRules;
  /** Whether `x-amz-*` in a presigned query counts as the header of that name. */
  readsHeadersFromQuery: boolean;
  ifNoneMatch: 'honoured' | 'ignored';
  /** Whether the answer to CompleteMultipartUpload names the ETag of the object, or has an empty `<ETag>`. */
  completeETag: 'named' | 'empty';
  maxParts: number;
  /** Whether all parts except the last must have the same size, and the last must not be larger. */
  equalParts: boolean;
  metadataMaxBytes: number;
  /** Whether `POST ?uploads` without Content-Length is answered 411. */
  needsLengthOnCreate: boolean;
  /** Whether a front end rewrites Accept-Encoding, which invalidates signatures that cover it. */
  rewritesAcceptEncoding: boolean;
  /** Refusal of `aws-chunked` bodies. */
  chunkedRefusal: 'InvalidArgument' | 'NotImplemented';
  /** Whether unsigned `aws-chunked` bodies may end with a checksum as a trailer. */
  takesTrailers: boolean;
};

/** 2 KB of user metadata, 10,000 parts (AWS, "Amazon S3 multipart upload limits", "Working with object metadata"). */
const AWS: Profile = {
  name: 'aws',
  source: 'Amazon S3 API reference and user guide',
  defaultRegion: 'eu-central-1',
  regions: 'bucket',
  wrongRegion: 'AuthorizationHeaderMalformed',
  headers: AWS_HEADERS,
  readsHeadersFromQuery: true,
  ifNoneMatch: 'honoured',
  completeETag: 'named',
  maxParts: 10_000,
  equalParts: false,
  metadataMaxBytes: 2048,
  needsLengthOnCreate: false,
  rewritesAcceptEncoding: false,
  chunkedRefusal: 'NotImplemented',
  takesTrailers: true,
};

export const PROFILES: Record<ProfileName, Profile> = {
  aws: AWS,
  r2: {
    ...AWS,
    name: 'r2',
    takesTrailers: false,
    source: 'R2 S3 API compatibility page, R2 limits, tus/tusd#1137, foundryvtt#8288, WardPearce/paaster#941',
    defaultRegion: 'auto',
    regions: ['auto', 'us-east-1', ''],
    wrongRegion: 'InvalidRegionName',
    headers: R2_HEADERS,
    equalParts: true,
    metadataMaxBytes: 8192,
  },
  b2: {
    ...AWS,
    name: 'b2',
    takesTrailers: false,
    source: 'B2 S3-compatible API page, gobackup#155, cyberduck#16107, AzuraCast#7322',
    defaultRegion: 'us-west-004',
    wrongRegion: 'SignatureDoesNotMatch',
    headers: B2_HEADERS,
    readsHeadersFromQuery: false,
    ifNoneMatch: 'ignored',
  },
  gcs: {
    ...AWS,
    name: 'gcs',
    takesTrailers: false,
    source: 'Cloud Storage XML API, arrow-rs-object-store#495, crate#12094, talos-backup#64, bacalhau#3040',
    defaultRegion: 'auto',
    regions: 'any',
    headers: GCS_HEADERS,
    readsHeadersFromQuery: false,
    ifNoneMatch: 'ignored',
    needsLengthOnCreate: true,
    rewritesAcceptEncoding: true,
    chunkedRefusal: 'InvalidArgument',
  },
  scaleway: {
    ...AWS,
    name: 'scaleway',
    takesTrailers: false,
    source: 'Scaleway Object Storage multipart and conditional-write pages, rclone provider table',
    defaultRegion: 'fr-par',
    headers: SCALEWAY_HEADERS,
    maxParts: 1000,
  },
  minio: {
    ...AWS,
    name: 'minio',
    source: 'minio#5469 and a measured MinIO 2026-02',
    defaultRegion: 'us-east-1',
    headers: MINIO_HEADERS,
  },
  do: {
    ...AWS,
    name: 'do',
    takesTrailers: false,
    source: 'DigitalOcean Spaces S3 compatibility page, pushduck#163',
    defaultRegion: 'fra1',
    regions: 'any',
    headers: DO_HEADERS,
    readsHeadersFromQuery: false,
    ifNoneMatch: 'ignored',
  },
  ceph: {
    ...AWS,
    name: 'ceph',
    takesTrailers: false,
    source: 'Ceph Object Gateway S3 API page, and a measured RGW 16.2 of Debian 12',
    defaultRegion: 'default',
    regions: 'any',
    headers: CEPH_HEADERS,
    ifNoneMatch: 'ignored',
    completeETag: 'empty',
  },
};
