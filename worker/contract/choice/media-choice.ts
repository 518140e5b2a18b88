/** What a job asks of its media: tracks, quality, codecs, container and hard stops. Imports zod only. */
import { z } from 'zod';

/** A quality of video is the number of lines of the shorter side, so a portrait video of 1080 × 1920 is 1080p. */
export const VideoQuality = z.enum([
  'lowest',
  '144p',
  '240p',
  '360p',
  '480p',
  '720p',
  '1080p',
  '1440p',
  '2160p',
  'best',
]);
export type VideoQuality = z.infer<typeof VideoQuality>;

export const AudioQuality = z.enum(['lowest', 'low', 'medium', 'high', 'best']);
export type AudioQuality = z.infer<typeof AudioQuality>;

export const Container = z.enum(['mp4', 'webm', 'mkv']);
export type Container = z.infer<typeof Container>;

/** Formats that audio is converted to. */
export const AudioFormat = z.enum(['m4a', 'mp3', 'opus', 'flac', 'wav']);
export type AudioFormat = z.infer<typeof AudioFormat>;

/** Our names of codecs, as in `MediaFacts`. */
export const VideoCodec = z.enum(['avc', 'hevc', 'vp8', 'vp9', 'av1']);
export const AudioCodec = z.enum(['aac', 'mp3', 'opus', 'vorbis', 'flac', 'ac3', 'eac3']);

/** Lines of the shorter side, which need not be one of `VideoQuality`: the older field `format` takes any number. */
const VideoTarget = z.union([z.enum(['lowest', 'best']), z.int().min(1).max(10_000)]);
export type VideoTarget = z.infer<typeof VideoTarget>;

/** Characters of format selectors of yt-dlp, without the comma, which selects several files. */
export const SELECTOR = /^[\w .+\-*/<>=!?:^$~()[\]]{1,200}$/;

/** What is asked, in one spelling. An absent member was not asked. Codecs are in order of preference. */
export const MediaChoice = z.strictObject({
  includeVideo: z.boolean().optional(),
  includeAudio: z.boolean().optional(),
  videoQuality: VideoTarget.optional(),
  audioQuality: AudioQuality.optional(),
  container: Container.optional(),
  videoCodecs: z.array(VideoCodec).min(1).optional(),
  audioCodecs: z.array(AudioCodec).min(1).optional(),
  audioFormat: AudioFormat.optional(),
  /** A format selector of yt-dlp, which only yt-dlp understands. */
  selector: z.string().regex(SELECTOR).optional(),
});
export type MediaChoice = z.infer<typeof MediaChoice>;

/** False for a choice of audio alone. */
export function keepsVideo({ includeVideo, audioFormat }: MediaChoice): boolean {
  return includeVideo !== false && audioFormat === undefined;
}

/** False for a choice of video alone. */
export function keepsAudio({ includeAudio }: MediaChoice): boolean {
  return includeAudio !== false;
}

/**
 * Limits of the request itself, and of the balance of its workspace. They end the job; they never change the choice. `maxBytes`
 * is about the stored file, and `maxBytesCode` says whether the size, the cost or the balance sets it.
 */
export const HardStops = z.strictObject({
  maxBytes: z.int().nonnegative().optional(),
  maxBytesCode: z.enum(['max_bytes_exceeded', 'max_cost_exceeded', 'insufficient_balance']).optional(),
  maxDurationSeconds: z.number().positive().optional(),
});
export type HardStops = z.infer<typeof HardStops>;
