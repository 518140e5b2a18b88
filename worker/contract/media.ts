/** Facts about a media file. Imports zod only. */
import { z } from 'zod';
import { SourceWay } from './job.ts';

export const ArtifactRole = z.enum(['media', 'audio', 'subtitle', 'thumbnail', 'metadata']);
export type ArtifactRole = z.infer<typeof ArtifactRole>;

/** Facts that were read from the file, not from headers or names. Null when the type of file has no such fact. */
export const MediaFacts = z.strictObject({
  container: z.string().max(40).meta({ description: 'The format of the file.', example: 'mp4' }),
  durationSeconds: z.number().nonnegative().nullable().meta({ description: 'Null for images.' }),
  width: z
    .number()
    .int()
    .positive()
    .nullable()
    .meta({ description: 'In pixels. Null without video.', example: 1920 }),
  height: z
    .number()
    .int()
    .positive()
    .nullable()
    .meta({ description: 'In pixels. Null without video.', example: 1080 }),
  videoCodec: z.string().max(60).nullable().meta({ description: 'Null without video.', example: 'avc' }),
  audioCodec: z.string().max(60).nullable().meta({ description: 'Null without audio.', example: 'aac' }),
});
export type MediaFacts = z.infer<typeof MediaFacts>;

/** What the tracks of a file run at, measured or as the source declares it; null when unknown. */
export const TrackRates = z.strictObject({
  framesPerSecond: z.number().positive().nullable().meta({ description: 'Of the video.', example: 25 }),
  videoBitsPerSecond: z
    .number()
    .int()
    .positive()
    .nullable()
    .meta({ description: 'The bit rate of the video.', example: 4_300_000 }),
  audioBitsPerSecond: z
    .number()
    .int()
    .positive()
    .nullable()
    .meta({ description: 'The bit rate of the audio.', example: 128_000 }),
});
export type TrackRates = z.infer<typeof TrackRates>;

/**
 * Digests of the whole object: `crc32` is the base64 of the big-endian value, as in S3. `sha256` is in hex, and present
 * when the bytes were read in order.
 */
export const Checksums = z.strictObject({
  crc32: z
    .string()
    .length(8)
    .meta({ description: 'CRC-32 of the file, in base64 as S3 writes it.', example: 'ZjPIMg==' }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .meta({
      description: 'SHA-256 of the file, in hex. Omitted when the parts of the file were not read in order.',
      example: 'de97ef2669f6ebab112de3ec633d6834aba672f1053a468777be80f8920dce56',
    }),
});
export type Checksums = z.infer<typeof Checksums>;

/** How the file was read, and the reason in one sentence. */
export const SourceTaken = z.strictObject({
  way: SourceWay.meta({
    description:
      '`direct`: the URL answers with the file. `ytdlp`: yt-dlp reads the page or stream. `stored`: a store job reads the stored file.',
  }),
  reason: z
    .string()
    .max(300)
    .meta({ description: 'Why this way was taken.', example: 'The URL answered with a mp4 file.' }),
});
export type SourceTaken = z.infer<typeof SourceTaken>;

/** The same in reports of an attempt. `oneConnection` is true when reading by ranges failed: a retry then does without. */
export const SourceReport = SourceTaken.extend({ oneConnection: z.literal(true).optional() });
export type SourceReport = z.infer<typeof SourceReport>;
