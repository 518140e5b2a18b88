/** Options of a stand-in: plain data except for the clock. Imports nothing of Node. */
import type { Account } from './signing/account.ts';
import type { ProfileName, WrongRegionAnswer } from './profiles/profiles.ts';

export type CorsRule = {
  /** Origins with at most one `*` each. */
  allowedOrigins: readonly string[];
  allowedMethods: readonly string[];
  allowedHeaders?: readonly string[];
  exposeHeaders?: readonly string[];
  maxAgeSeconds?: number;
};

export type BucketOptions = {
  name: string;
  /** Region of the bucket. Default: the region of the server. */
  region?: string;
  /** Twelve digits that x-amz-expected-bucket-owner must name. */
  ownerId?: string;
  /** Anonymous visitors may read objects. */
  isPublic?: boolean;
  cors?: readonly CorsRule[];
  /** Object Ownership "bucket owner enforced": every ACL but the owner's own is refused. */
  hasAclsDisabled?: boolean;
};

export type StrictS3Options = {
  /** `aws` when left out. */
  profile?: ProfileName;
  /** Region of the server and of buckets that name none; the profile's when left out. */
  region?: string;
  /** One private `test-bucket` when left out; the first one is the default bucket. */
  buckets?: readonly BucketOptions[];
  /** `ADMIN` and `PUT_ONLY` when left out. */
  accounts?: readonly Account[];
  /** `<bucket>.<this>` as Host is virtual-host style; `s3.localhost` when left out. */
  virtualHostBase?: string;
  /** How a wrong region is refused, where the profile checks it; the profile's way when left out. */
  wrongRegion?: WrongRegionAnswer;
  /** Milliseconds since 1970; the real clock when left out. */
  now?: () => number;
  /** PEM texts; plain http when left out. */
  tls?: { key: string; cert: string };
};
