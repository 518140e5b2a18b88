/** What providers of S3-compatible storage do differently, as data: one row each, from their documentation where they have one. */
import type { ServerSideEncryption } from '../../db/destination-columns.ts';
import type { PartDigest } from '../../contract/downloader/upload-plan.ts';

/** `unknown` is tried, and what the provider answers is remembered. */
export type Support = 'yes' | 'no' | 'unknown';

export interface ProviderProfile {
  name: string;
  /** Matches the host of the endpoint, without a bucket in front; its group `region` is the region where hosts name it. Null matches whatever is left. */
  host: RegExp | null;
  /** Where the bucket stands in a URL. Buckets that are no DNS label stand in the path everywhere. */
  addressing: 'virtual' | 'path';
  /** Region in signatures: `auto` and nothing else, the one that the host names, or the configured one. */
  region: 'auto' | 'host' | 'setting';
  /** Storage classes of new objects; null: unknown, the provider is asked. */
  storageClasses: readonly string[] | null;
  /** Canned ACLs of objects. */
  acl: Support;
  /** Server-side encryption that a request may ask for; null: unknown. */
  encryption: readonly ServerSideEncryption['type'][] | null;
  /** Tags of objects. */
  tags: Support;
  /**
   * Digest by which a part is refused when a byte is wrong. SHA-256 as payload hash is part of SigV4 itself; CRC-32 needs
   * support, costs a third, and is the one that also binds the body of a query-signed request (see choose-plan.ts).
   */
  digest: PartDigest;
  /** What a CRC-32 of a multipart upload covers: the whole object, or (composite) each part for itself. */
  crc32Covers: 'object' | 'parts';
  /** `If-None-Match: *` on PutObject and CompleteMultipartUpload. */
  conditionalWrites: Support;
  /** Most parts of one upload. */
  maxParts: number;
  /** Smallest part but the last, in bytes. */
  minPartBytes: number;
  /** Whether all parts but the last must have one size; ours have it everywhere. */
  equalParts: boolean;
}

const MIB = 1024 ** 2;

/** Whatever nobody has told us: S3's own limits (AWS qfacts), and the features are tried. */
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

/** PutObject's x-amz-storage-class (S3 API reference), without those of Outposts, Snow and FSx, which are no buckets. */
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

/** Addressing as rclone has tested it for each provider, unless a row says otherwise. */
export const PROVIDER_TABLE: readonly ProviderProfile[] = [
  {
    ...UNKNOWN,
    name: 'Amazon S3',
    // Plain, dual-stack, FIPS, accelerated and VPC endpoints; China's end in .cn.
    host: /^(?:[a-z0-9-]+\.)*s3(?:-fips|-accelerate)?(?:[.-]dualstack)?(?:[.-](?<region>[a-z]{2}(?:-[a-z]+)+-\d))?(?:\.vpce)?\.amazonaws\.com(?:\.cn)?$/,
    addressing: 'virtual',
    region: 'host',
    storageClasses: AMAZON_CLASSES,
    acl: 'yes',
    encryption: ['AES256', 'aws:kms'],
    tags: 'yes',
    digest: 'crc32',
    crc32Covers: 'object',
    conditionalWrites: 'yes',
  },
  {
    // R2, "S3 API compatibility": neither ACLs nor tags nor SSE (all is encrypted anyway); 501 for their headers.
    ...UNKNOWN,
    name: 'Cloudflare R2',
    host: /\.r2\.cloudflarestorage\.com$/,
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
    // B2, "S3-Compatible API": no ACL but the bucket's own, no tags; unsupported headers are 400.
    ...UNKNOWN,
    name: 'Backblaze B2',
    host: /^s3\.(?<region>[a-z0-9-]+)\.backblazeb2\.com$/,
    addressing: 'path',
    region: 'host',
    storageClasses: ['STANDARD'],
    acl: 'no',
    encryption: ['AES256'],
    tags: 'no',
    conditionalWrites: 'no',
  },
  {
    // Spaces, "S3 Compatibility" and API reference: SSE-C alone, tags of objects yes. Signs for any region.
    ...UNKNOWN,
    name: 'DigitalOcean Spaces',
    host: /^(?<region>[a-z0-9]+)\.digitaloceanspaces\.com$/,
    addressing: 'virtual',
    region: 'host',
    storageClasses: ['STANDARD'],
    acl: 'yes',
    encryption: [],
  },
  {
    // s3.wasabisys.com is us-east-1, and the configured region counts there.
    ...UNKNOWN,
    name: 'Wasabi',
    host: /^s3(?:\.(?<region>[a-z0-9-]+))?\.wasabisys\.com$/,
    addressing: 'virtual',
    region: 'host',
    storageClasses: ['STANDARD'],
    acl: 'yes',
    tags: 'yes',
  },
  {
    // 1,000 parts where everybody else takes 10,000; conditional writes have a page of their own.
    ...UNKNOWN,
    name: 'Scaleway',
    host: /^s3\.(?<region>[a-z0-9-]+)\.scw\.cloud$/,
    addressing: 'virtual',
    region: 'host',
    storageClasses: ['STANDARD', 'ONEZONE_IA', 'GLACIER'],
    acl: 'yes',
    conditionalWrites: 'yes',
    maxParts: 1000,
  },
  {
    // XML API with HMAC keys: signs for any region, and has no x-amz- headers beyond class, ACL and metadata.
    ...UNKNOWN,
    name: 'Google Cloud Storage',
    host: /^storage\.googleapis\.com$/,
    addressing: 'virtual',
    storageClasses: ['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'],
    acl: 'yes',
    encryption: [],
    tags: 'no',
    conditionalWrites: 'no',
  },
  {
    // Takes Amazon's classes and maps them on its own (rclone, OVHcloud).
    ...UNKNOWN,
    name: 'OVHcloud',
    host: /^s3\.(?<region>[a-z0-9-]+)\.(?:io|perf)\.cloud\.ovh\.(?:net|us)$/,
    addressing: 'virtual',
    region: 'host',
    acl: 'yes',
  },
  {
    // "Supported actions": SSE-C alone, no Intelligent-Tiering.
    ...UNKNOWN,
    name: 'Hetzner',
    host: /^(?<region>[a-z0-9]+)\.your-objectstorage\.com$/,
    addressing: 'virtual',
    region: 'host',
    encryption: [],
  },
  {
    // Every part becomes segments of 64 MiB; smaller ones are billed and kept as such (rclone, Storj).
    ...UNKNOWN,
    name: 'Storj',
    host: /(?:^|\.)(?:storjshare\.io|storjsatellite\.io)$/,
    addressing: 'path',
    minPartBytes: 64 * MIB,
  },
  // MinIO, Ceph, SeaweedFS, Garage and all others answer path-style; few have certificates for virtual hosts.
  { ...UNKNOWN, name: 'S3-compatible', host: null, addressing: 'path' },
];
