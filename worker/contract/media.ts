/** What is known of a media file. Imports zod only. */
import { z } from 'zod';
import { SourceWay } from './job.ts';

export const ArtifactRole = z.enum(['media', 'audio', 'subtitle', 'thumbnail', 'metadata']);
export type ArtifactRole = z.infer<typeof ArtifactRole>;

/** Facts read from the file itself, never from headers or names. Null where the kind of file has none. */
export const MediaFacts = z.strictObject({
  container: z.string().max(40),
  durationSeconds: z.number().nonnegative().nullable(),
  width: z.number().int().positive().nullable(),
  height: z.number().int().positive().nullable(),
  videoCodec: z.string().max(60).nullable(),
  audioCodec: z.string().max(60).nullable(),
});
export type MediaFacts = z.infer<typeof MediaFacts>;

/** Digests of the whole object: `crc32` base64 of the big-endian value (as S3 writes it), `sha256` hex where the bytes were read in order. */
export const Checksums = z.strictObject({
  crc32: z.string().length(8),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type Checksums = z.infer<typeof Checksums>;

/** Which way the bytes came, and the reason in one sentence. */
export const SourceTaken = z.strictObject({ way: SourceWay, reason: z.string().max(300) });
export type SourceTaken = z.infer<typeof SourceTaken>;

/** The same in reports of an attempt. `oneConnection` is true when reading by ranges failed: a retry then does without. */
export const SourceReport = SourceTaken.extend({ oneConnection: z.literal(true).optional() });
export type SourceReport = z.infer<typeof SourceReport>;
