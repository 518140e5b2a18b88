/** The plan for the upload of one object, and the requests that a downloader may send for it. Imports zod only. */
import { z } from 'zod';

/** Maximum number of parts that are uploaded at the same time. */
const MAX_PART_CONCURRENCY = 8;
/** Minimum size of every part but the last in S3, in bytes ("Amazon S3 multipart upload limits"). */
export const MIN_PART_SIZE_BYTES = 5 * 1024 * 1024;
/** Maximum size of a part, in bytes. Cloudflare accepts bodies of up to 100 MB. */
export const MAX_PART_SIZE_BYTES = 64 * 1024 * 1024;
/** Size of the parts of an object of known size, in bytes, unless it has too many or its storage wants larger ones: small enough to repeat, large enough to need few signatures. */
export const USUAL_PART_SIZE_BYTES = 8 * 1024 * 1024;
/** Objects up to this size, in bytes, are buffered, checked, and sent in a single PUT. */
export const SINGLE_PUT_MAX_BYTES = 8 * 1024 * 1024;

/**
 * The digest of each part; the storage refuses bytes that do not match it. `crc32` and `sha256` are signed, so the bytes come first.
 * `crc32-trailer` follows the bytes (encoding/aws-chunked.ts), so requests can be signed ahead.
 */
export const PartDigest = z.enum(['crc32', 'sha256', 'crc32-trailer']);
export type PartDigest = z.infer<typeof PartDigest>;

/** Header with the grant of an upload. Calls for its parts that carry it need no database. */
export const GRANT_HEADER = 'x-importly-grant';

/**
 * `single` has exactly one part, number 1. Every part but the last has exactly `partSizeBytes`. `grant` is only for downloaders with the
 * feature `grants`. It is opaque to them.
 */
export const UploadPlan = z.strictObject({
  placementId: z.string(),
  kind: z.enum(['single', 'multipart']),
  storage: z.enum(['service', 'destination']),
  partSizeBytes: z.number().int().min(MIN_PART_SIZE_BYTES).max(MAX_PART_SIZE_BYTES),
  concurrency: z.number().int().min(1).max(MAX_PART_CONCURRENCY),
  digest: PartDigest,
  grant: z.string().optional(),
});
export type UploadPlan = z.infer<typeof UploadPlan>;

/** A part to sign a request for. `digest` has the kind of the plan: crc32 in 8 base64 characters, sha256 in hex; empty for a trailer. */
export const PartToSign = z.strictObject({
  number: z.number().int().min(1).max(10_000),
  sizeBytes: z.number().int().min(1).max(MAX_PART_SIZE_BYTES),
  digest: z.string().max(64),
});
export type PartToSign = z.infer<typeof PartToSign>;

/** A signed request that takes the part as its body. The ETag header of the answer identifies the stored part. */
export const SignedRequest = z.strictObject({
  number: z.number().int().min(1),
  method: z.literal('PUT'),
  url: z.url(),
  headers: z.record(z.string(), z.string()),
  expiresAt: z.iso.datetime(),
});
export type SignedRequest = z.infer<typeof SignedRequest>;

export const StoredPart = z.strictObject({
  number: z.number().int().min(1).max(10_000),
  etag: z.string().min(1).max(1024),
  /** Base64 CRC-32 of the part. */
  crc32: z.string().length(8),
});
export type StoredPart = z.infer<typeof StoredPart>;
