/** How the downloader shall upload one object, and the requests it may send for it. Imports zod only. */
import { z } from 'zod';

/** Parts that a plan may ask for at once. */
const MAX_PART_CONCURRENCY = 8;
/** S3's smallest part but the last, in bytes (AWS qfacts). */
export const MIN_PART_SIZE_BYTES = 5 * 1024 * 1024;
/** Largest part, in bytes: the edge takes bodies of 100 MB, so 64 MiB leaves room. */
export const MAX_PART_SIZE_BYTES = 64 * 1024 * 1024;
/** Objects up to this size, in bytes, are buffered whole, checked, and sent in one PUT. */
export const SINGLE_PUT_MAX_BYTES = 8 * 1024 * 1024;

/** Digest that each part must carry to be signed: the storage refuses bytes that differ from it. */
export const PartDigest = z.enum(['crc32', 'sha256']);
export type PartDigest = z.infer<typeof PartDigest>;

/** `single` has exactly one part, number 1. Every part but the last has exactly `partSizeBytes`. */
export const UploadPlan = z.strictObject({
  placementId: z.string(),
  kind: z.enum(['single', 'multipart']),
  storage: z.enum(['service', 'destination']),
  partSizeBytes: z.number().int().min(MIN_PART_SIZE_BYTES).max(MAX_PART_SIZE_BYTES),
  concurrency: z.number().int().min(1).max(MAX_PART_CONCURRENCY),
  digest: PartDigest,
});
export type UploadPlan = z.infer<typeof UploadPlan>;

/** One part whose signature is asked for. `digest` is of the plan's kind: crc32 as 8 base64 characters, sha256 as hex. */
export const PartToSign = z.strictObject({
  number: z.number().int().min(1).max(10_000),
  sizeBytes: z.number().int().min(1).max(MAX_PART_SIZE_BYTES),
  digest: z.string().max(64),
});
export type PartToSign = z.infer<typeof PartToSign>;

/** A request ready to be sent with the part as its body; the answer's ETag header names the stored part. */
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
