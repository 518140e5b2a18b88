/** Names that both settings and requests carry to a storage. Imports zod only. */
import { z } from 'zod';

/**
 * The bare name of a bucket: it becomes part of host names and paths. Wider than today's rules of Amazon (3–63 lower-case
 * characters), since older buckets and other providers have capitals, underscores and up to 255 characters.
 */
export const BucketName = z
  .string()
  .trim()
  .max(255)
  .regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]+[A-Za-z0-9]$/, {
    error: 'must be the bare name of the bucket',
  })
  .refine((name) => !/^\d+(?:\.\d+){3}$/.test(name), {
    error: 'must not look like an IP address: no provider has such a bucket',
  });

/** What a destination is called in requests and addresses. */
export const DestinationName = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
    error: 'must be 1 to 63 lower-case letters, digits, "-" or "_", beginning with a letter or digit',
  });

/** Providers write them in capitals. Which of them a provider has is its own matter. */
export const StorageClassName = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z][A-Z0-9_-]{0,63}$/, { error: 'must be the name of a storage class, like STANDARD_IA' });
