/** Facts about a media file. Imports zod only. */
import { z } from 'zod';
import { SourceWay } from './job.ts';

export const ArtifactRole = z.enum(['media', 'audio', 'subtitle', 'thumbnail', 'metadata']);
export type ArtifactRole = z.infer<typeof ArtifactRole>;

/** Facts that were read from the file, not from headers or names. Null when the type of file has no such fact. */
export const MediaFacts = z.strictObject({
  container: z.string().max(40),
  durationSeconds: z.number().nonnegative().nullable(),
  width: z.number().int().positive().nullable(),
  height: z.number().int().positive().nullable(),
  videoCodec: z.string().max(60).nullable(),
  audioCodec: z.string().max(60).nullable(),
});
export type MediaFacts = z.infer<typeof MediaFacts>;

/** What the tracks of a file run at, measured or as the source declares it; null when unknown. */
export const TrackRates = z.strictObject({
  framesPerSecond: z.number().positive().nullable(),
  videoBitsPerSecond: z.number().int().positive().nullable(),
  audioBitsPerSecond: z.number().int().positive().nullable(),
});
export type TrackRates = z.infer<typeof TrackRates>;

/**
 * Digests of the whole object: `crc32` is the base64 of the big-endian value, as in S3. `sha256` is in hex, and present
 * when the bytes were read in order.
 */
export const Checksums = z.strictObject({
  crc32: z.string().length(8),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type Checksums = z.infer<typeof Checksums>;

/** How the file was read, and the reason in one sentence. */
export const SourceTaken = z.strictObject({ way: SourceWay, reason: z.string().max(300) });
export type SourceTaken = z.infer<typeof SourceTaken>;

/** The same in reports of an attempt. `oneConnection` is true when reading by ranges failed: a retry then does without. */
export const SourceReport = SourceTaken.extend({ oneConnection: z.literal(true).optional() });
export type SourceReport = z.infer<typeof SourceReport>;
