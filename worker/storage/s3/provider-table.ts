/** Differences between providers of S3-compatible storage: one row each, from their documentation where there is one. */
import type { ServerSideEncryption } from '../../db/destination-columns.ts';
import type { PartDigest } from '../../contract/downloader/upload-plan.ts';

/** `unknown`: the feature is tried, and the result is remembered. */
export type Support = 'yes' | 'no' | 'unknown';

export interface ProviderProfile {
  name: string;
  /**
   * Matches the host of the endpoint without a bucket. The group `region` matches the region, if the host has it. Null
   * matches every host.
   */
  host: RegExp | null;
  /** The usual endpoint, with `[region]` or `[account-id]` where it differs. Null: none is needed, or every one is different. */
  endpointPattern: string | null;
  /** A region of the provider, for people who fill in a form. */
  exampleRegion: string;
  /** Where the bucket is in a URL. A bucket whose name is not a DNS label is always in the path. */
  addressing: 'virtual' | 'path';
  /** The region in signatures: always `auto`, the region in the host name, or the configured region. */
  region: 'auto' | 'host' | 'setting';
  /** Storage classes of new objects. Null when they are unknown: then the provider decides. */
  storageClasses: readonly string[] | null;
  /** Canned ACLs of objects. */
  acl: Support;
  /** Types of server-side encryption that a request can ask for. Null when they are unknown. */
  encryption: readonly ServerSideEncryption['type'][] | null;
  /** Tags of objects. */
  tags: Support;
  /**
   * The digest that parts are verified with. SHA-256 as payload hash is part of SigV4 itself. CRC-32 needs support by the
   * provider, costs a third, and also works in requests that are signed in the query (see choose-plan.ts).
   */
  digest: PartDigest;
  /** What the CRC-32 of a multipart upload covers: the whole object, or each part (composite). */
  crc32Covers: 'object' | 'parts';
  /** `If-None-Match: *` on PutObject and CompleteMultipartUpload. */
  conditionalWrites: Support;
  /** Maximum number of parts of one upload. */
  maxParts: number;
  /** Minimum size of every part except the last. */
  minPartBytes: number;
  /** Whether all parts except the last must have the same size. Our uploads always have such parts. */
  equalParts: boolean;
}

const MIB = 1024 ** 2;

/** Defaults for what is not documented: the limits of Amazon S3 (AWS qfacts), and features that are tried. */
const UNKNOWN = {
  region: 'setting',
  storageClasses: null,
  acl: 'unknown',
  encryption: null,
  tags: 'unknown',
  digest: 'sha256',
  crc32Covers: 'parts',
  conditionalWrites: 'unknown',
  maxParts: 10_000,
  minPartBytes: 5 * MIB,
  equalParts: false,
} as const;

/** PutObject's x-amz-storage-class (S3 API reference), without those of Outposts, Snow and FSx, which are not buckets. */
const AMAZON_CLASSES = [
  'STANDARD',
  'INTELLIGENT_TIERING',
  'STANDARD_IA',
  'ONEZONE_IA',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
  'REDUCED_REDUNDANCY',
  'EXPRESS_ONEZONE',
] as const;

/** Addressing is as rclone has tested it for each provider, unless a row says otherwise. */
export const PROVIDER_TABLE: readonly ProviderProfile[] = [
  {
    ...UNKNOWN,
    name: 'Amazon S3',
    // Plain, dual-stack, FIPS, accelerated and VPC endpoints; China's end in .cn.
    host: /^(?:[a-z0-9-]+\.)*s3(?:-fips|-accelerate)?(?:[.-]dualstack)?(?:[.-](?<region>[a-z]{2}(?:-[a-z]+)+-\d))?(?:\.vpce)?\.amazonaws\.com(?:\.cn)?$/,
    endpointPattern: null,
    exampleRegion: 'us-east-1',
    addressing: 'virtual',
    region: 'host',
    storageClasses: AMAZON_CLASSES,
    acl: 'yes',
    encryption: ['AES256', 'aws:kms'],
    tags: 'yes',
    digest: 'crc32-trailer',
    crc32Covers: 'object',
    conditionalWrites: 'yes',
  },
  {
    // R2, "S3 API compatibility": no ACLs, no tags, no SSE (everything is encrypted). Their headers are answered with 501.
    ...UNKNOWN,
    name: 'Cloudflare R2',
    host: /\.r2\.cloudflarestorage\.com$/,
    endpointPattern: 'https://[account-id].r2.cloudflarestorage.com',
    exampleRegion: 'auto',
    addressing: 'path',
    region: 'auto',
    storageClasses: ['STANDARD', 'STANDARD_IA'],
    acl: 'no',
    encryption: [],
    tags: 'no',
    conditionalWrites: 'yes',
    equalParts: true,
  },
  {
    // B2, "S3-Compatible API": only the ACL of the bucket, no tags. Unsupported headers are answered with 400.
    ...UNKNOWN,
    name: 'Backblaze B2',
    host: /^s3\.(?<region>[a-z0-9-]+)\.backblazeb2\.com$/,
    endpointPattern: 'https://s3.[region].backblazeb2.com',
    exampleRegion: 'us-west-004',
    addressing: 'path',
    region: 'host',
    storageClasses: ['STANDARD'],
    acl: 'no',
    encryption: ['AES256'],
    tags: 'no',
    conditionalWrites: 'no',
  },
  {
    // Spaces, "S3 Compatibility" and API reference: only SSE-C. Accepts signatures for any region.
    ...UNKNOWN,
    name: 'DigitalOcean Spaces',
    host: /^(?<region>[a-z0-9]+)\.digitaloceanspaces\.com$/,
    endpointPattern: 'https://[region].digitaloceanspaces.com',
    exampleRegion: 'nyc3',
    addressing: 'virtual',
    region: 'host',
    storageClasses: ['STANDARD'],
    acl: 'yes',
    encryption: [],
  },
  {
    // s3.wasabisys.com has no region in its name, so the configured region is used.
    ...UNKNOWN,
    name: 'Wasabi',
    host: /^s3(?:\.(?<region>[a-z0-9-]+))?\.wasabisys\.com$/,
    endpointPattern: 'https://s3.[region].wasabisys.com',
    exampleRegion: 'us-east-1',
    addressing: 'virtual',
    region: 'host',
    storageClasses: ['STANDARD'],
    acl: 'yes',
    tags: 'yes',
  },
  {
    // 1,000 parts instead of 10,000. Conditional writes have a documentation page.
    ...UNKNOWN,
    name: 'Scaleway',
    host: /^s3\.(?<region>[a-z0-9-]+)\.scw\.cloud$/,
    endpointPattern: 'https://s3.[region].scw.cloud',
    exampleRegion: 'fr-par',
    addressing: 'virtual',
    region: 'host',
    storageClasses: ['STANDARD', 'ONEZONE_IA', 'GLACIER'],
    acl: 'yes',
    conditionalWrites: 'yes',
    maxParts: 1000,
  },
  {
    // XML API with HMAC keys: accepts signatures for any region. Of the x-amz- headers it has class, ACL and metadata.
    ...UNKNOWN,
    name: 'Google Cloud Storage',
    host: /^storage\.googleapis\.com$/,
    endpointPattern: 'https://storage.googleapis.com',
    exampleRegion: 'auto',
    addressing: 'virtual',
    storageClasses: ['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'],
    acl: 'yes',
    encryption: [],
    tags: 'no',
    conditionalWrites: 'no',
  },
  {
    // Accepts the classes of Amazon and maps them to its own (rclone, OVHcloud).
    ...UNKNOWN,
    name: 'OVHcloud',
    host: /^s3\.(?<region>[a-z0-9-]+)\.(?:io|perf)\.cloud\.ovh\.(?:net|us)$/,
    endpointPattern: 'https://s3.[region].io.cloud.ovh.net',
    exampleRegion: 'gra',
    addressing: 'virtual',
    region: 'host',
    acl: 'yes',
  },
  {
    // "Supported actions": only SSE-C, no Intelligent-Tiering. Runs Ceph.
    ...UNKNOWN,
    name: 'Hetzner',
    host: /^(?<region>[a-z0-9]+)\.your-objectstorage\.com$/,
    endpointPattern: 'https://[region].your-objectstorage.com',
    exampleRegion: 'fsn1',
    addressing: 'virtual',
    region: 'host',
    encryption: [],
  },
  {
    // Stores parts as segments of up to 64 MiB and bills each segment (rclone, Storj).
    ...UNKNOWN,
    name: 'Storj',
    host: /(?:^|\.)(?:storjshare\.io|storjsatellite\.io)$/,
    endpointPattern: 'https://gateway.storjshare.io',
    exampleRegion: 'us-east-1',
    addressing: 'path',
    minPartBytes: 64 * MIB,
  },
  // MinIO, Ceph, SeaweedFS, Garage and all others accept path style. Few have certificates for virtual hosts.
  {
    ...UNKNOWN,
    name: 'S3-compatible',
    host: null,
    endpointPattern: null,
    exampleRegion: 'us-east-1',
    addressing: 'path',
  },
];
