/** Names that occur in storage settings and in requests. */
import { z } from 'zod';

/**
 * The name of a bucket, which becomes part of host names and paths. Amazon's current rules are narrower (3 to 63
 * lower-case characters), but older buckets and other providers have capitals, underscores and up to 255 characters.
 */
export const BucketName = z
  .string()
  .trim()
  .max(255)
  .regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]+[A-Za-z0-9]$/, {
    error: 'must be the name of the bucket, without a URL or a path',
  })
  .refine((name) => !/^\d+(?:\.\d+){3}$/.test(name), {
    error: 'must not look like an IP address',
  });

/** The name of a destination in requests and paths. */
export const DestinationName = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
    error: 'must be 1 to 63 lower-case letters, digits, "-" or "_", starting with a letter or digit',
  });

/** The name of a storage class, in capitals. Each provider has its own set. */
export const StorageClassName = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z][A-Z0-9_-]{0,63}$/, { error: 'must be the name of a storage class, such as STANDARD_IA' });
