/** What providers of S3-compatible storage do differently, as data. Nothing outside this table knows a provider by name. */
import type { PartDigest } from '../contract/upload-plan.ts';

export interface ProviderProfile {
  name: string;
  /** Matches the host of the endpoint, without a bucket in front; null matches whatever is left. */
  host: RegExp | null;
  /** Where the bucket stands in a URL. Buckets that are no DNS label stand in the path everywhere. */
  addressing: 'virtual' | 'path';
  /** The only region that the provider signs for; null: the configured one. */
  fixedRegion: string | null;
  /** Most parts of one upload. */
  maxParts: number;
  /**
   * Digest by which a part is refused when a byte is wrong. SHA-256 as payload hash is part of SigV4 itself; CRC-32 needs
   * support, costs a third, and is the one that also binds the body of a query-signed request (see choose-plan.ts).
   */
  digest: PartDigest;
}

/** S3's own limit, and that of everybody who names none (AWS qfacts). */
const S3_MAX_PARTS = 10_000;

const DEFAULTS = {
  fixedRegion: null,
  maxParts: S3_MAX_PARTS,
  digest: 'sha256',
} as const;

/** The first row whose pattern fits is taken. Addressing as rclone has tested it for each provider. */
export const PROVIDER_PROFILES: readonly ProviderProfile[] = [
  {
    ...DEFAULTS,
    name: 'Amazon S3',
    host: /^s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?$/,
    addressing: 'virtual',
    digest: 'crc32',
  },
  {
    ...DEFAULTS,
    name: 'Cloudflare R2',
    host: /\.r2\.cloudflarestorage\.com$/,
    addressing: 'path',
    fixedRegion: 'auto',
  },
  { ...DEFAULTS, name: 'Backblaze B2', host: /\.backblazeb2\.com$/, addressing: 'path' },
  { ...DEFAULTS, name: 'DigitalOcean Spaces', host: /\.digitaloceanspaces\.com$/, addressing: 'virtual' },
  { ...DEFAULTS, name: 'Wasabi', host: /\.wasabisys\.com$/, addressing: 'virtual' },
  // Scaleway takes 1,000 parts where everybody else takes 10,000.
  { ...DEFAULTS, name: 'Scaleway', host: /\.scw\.cloud$/, addressing: 'virtual', maxParts: 1000 },
  {
    ...DEFAULTS,
    name: 'Google Cloud Storage',
    host: /^storage\.googleapis\.com$/,
    addressing: 'virtual',
  },
  // MinIO, Ceph, SeaweedFS, Garage and all others answer path-style; few have certificates for virtual hosts.
  { ...DEFAULTS, name: 'S3-compatible', host: null, addressing: 'path' },
];

/** The row for an endpoint's host; the last one fits everything. */
export function profileForHost(hostname: string): ProviderProfile {
  const host = hostname.toLowerCase();
  const profile = PROVIDER_PROFILES.find((row) => row.host === null || row.host.test(host));
  if (!profile) throw new Error('the table of profiles has no last row');
  return profile;
}
