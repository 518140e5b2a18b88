/** Optional settings of new objects, with the limits of S3. */
import { z } from 'zod';

/** The canned ACLs for objects (S3, "Canned ACL"), except those for logs and machine images. */
export const CannedAcl = z.enum([
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
]);

/** Without a key ID, KMS uses the default key of the account for S3. */
export const Encryption = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('AES256').meta({ description: 'The provider keeps the key.' }) }),
  z.strictObject({
    type: z.literal('aws:kms').meta({ description: 'The key is in AWS KMS.' }),
    kmsKeyId: z
      .string()
      .trim()
      .max(2048)
      .regex(/^[!-~]+$/, { error: 'must be the ID, alias or ARN of a key' })
      .optional()
      .meta({ description: "ID, alias or ARN of the key. Default: the account's key for S3." }),
  }),
]);

/** Limits of S3 ("Object tagging"): 10 tags, keys of 128 and values of 256 characters. */
const MAX_TAGS = 10;
const TAG_TEXT = /^[\p{L}\p{N}\p{Zs}+\-=._:/@]*$/u;
const TAG_CHARACTERS = 'letters, digits, blanks and + - = . _ : / @';

export const Tags = z
  .record(z.string(), z.string())
  .refine((tags) => Object.keys(tags).length <= MAX_TAGS, { error: `must be at most ${MAX_TAGS}` })
  .superRefine((tags, context) => {
    for (const [key, value] of Object.entries(tags)) {
      const message = tagProblem(key, value);
      if (message !== null) context.addIssue({ code: 'custom', message });
    }
  });

function tagProblem(key: string, value: string): string | null {
  if (key === '') return 'must have a key for every tag';
  if (/^aws:/i.test(key)) return 'must not have keys that begin with aws:';
  if (Array.from(key).length > 128) return 'must have keys of at most 128 characters';
  if (Array.from(value).length > 256) return 'must have values of at most 256 characters';
  if (!TAG_TEXT.test(key)) return `must have keys of ${TAG_CHARACTERS}`;
  return TAG_TEXT.test(value) ? null : `must have values of ${TAG_CHARACTERS}`;
}

/** Limit of S3 for all names and values together, in bytes (S3, "User-defined object metadata"). R2 allows four times as much. */
const MAX_METADATA_BYTES = 2048;
/** Bytes of the entry that this service adds: the ID of the upload. */
const OWN_METADATA_BYTES = 'importly-upload'.length + 36;
/** How much longer the encoding of RFC 2047 makes text that is not ASCII: base64, and a frame for each 45 bytes. */
const ENCODED_GROWTH = 1.7;

const MAX_OWN_BYTES = MAX_METADATA_BYTES - OWN_METADATA_BYTES;
/** Names become headers, which every provider converts to lower case. */
const METADATA_NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/;
/** A single line without unpaired surrogates. */
const METADATA_VALUE = /^[^\p{Cc}\p{Cs}]*$/u;

export const Metadata = z
  .record(z.string(), z.string())
  .refine((metadata) => metadataBytes(metadata) <= MAX_OWN_BYTES, {
    error: `must not be longer than ${MAX_OWN_BYTES} bytes, names and values together`,
  })
  .superRefine((metadata, context) => {
    for (const [name, value] of Object.entries(metadata)) {
      const message = metadataProblem(name, value);
      if (message !== null) context.addIssue({ code: 'custom', message });
    }
  });

function metadataProblem(name: string, value: string): string | null {
  if (!METADATA_NAME.test(name)) return 'must have names of lower-case letters, digits and . _ -';
  if (name.startsWith('importly-')) return 'must not have names that begin with importly-';
  return METADATA_VALUE.test(value) ? null : 'must have values of one line';
}

function metadataBytes(metadata: Record<string, string>): number {
  return Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + headerBytes(value), 0);
}

function headerBytes(value: string): number {
  if (/^[ -~]*$/.test(value)) return value.length;
  return Math.ceil(new TextEncoder().encode(value).length * ENCODED_GROWTH) + '=?UTF-8?B??='.length;
}
