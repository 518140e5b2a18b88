/** Types of the JSON columns of a destination. */

/** Encryption that the provider applies to objects. `kmsKeyId` is set for `aws:kms` only. */
export interface ServerSideEncryption {
  type: 'AES256' | 'aws:kms';
  kmsKeyId?: string;
}

/** Whether requests may go to a host; otherwise the code of their refusal. */
export type EndpointVerdict = 'allowed' | 'storage_address_forbidden' | 'storage_unreachable';

/** Facts about a destination that come from its provider's answers. */
export interface LearnedFacts {
  /** The region of each bucket. */
  regions?: Record<string, string>;
  /** Optional headers that the provider does not implement. */
  unsupportedHeaders?: string[];
  /** True when a test read an object back. */
  canGetObject?: boolean;
  /** True when a test sent a wrong CRC-32 and the provider refused it. */
  checksCrc32?: boolean;
  /** True when a test sent a wrong CRC-32 as a trailer and the provider refused it. */
  checksTrailers?: boolean;
  /** Whether `If-None-Match: *` kept an object from being overwritten in a test. */
  conditionalWrites?: boolean;
  /** What an anonymous visitor can read, by bucket. `checkedAt` is unix milliseconds. */
  visitors?: Record<string, { publiclyReadable: boolean; cors: boolean; checkedAt: number }>;
  /** What a downloader found at each `host:port` of the endpoint. `checkedAt` is unix milliseconds. */
  endpoints?: Record<string, { verdict: EndpointVerdict; checkedAt: number }>;
}
