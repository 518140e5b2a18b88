/** What the JSON columns of a destination hold. */

/** How the provider shall encrypt objects; `kmsKeyId` of `aws:kms` alone. */
export interface ServerSideEncryption {
  type: 'AES256' | 'aws:kms';
  kmsKeyId?: string;
}

/** Facts about a destination that only its provider knows. */
export interface LearnedFacts {
  /** By bucket. */
  regions?: Record<string, string>;
  /** Optional headers that the provider does not implement. */
  unsupportedHeaders?: string[];
  /** True once a test could read an object back. */
  canGetObject?: boolean;
  /** True once a test saw a wrong CRC-32 refused. */
  checksCrc32?: boolean;
  /** Whether a test saw `If-None-Match: *` keep an object from being overwritten. */
  conditionalWrites?: boolean;
  /** What an anonymous visitor meets, by bucket. `checkedAt` is unix milliseconds. */
  visitors?: Record<string, { publiclyReadable: boolean; cors: boolean; checkedAt: number }>;
}
