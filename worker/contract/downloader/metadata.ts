/** What an attempt finds out about a source without downloading it. Imports zod only. */
import { z } from 'zod';
import { MediaFormat } from '../choice/media-format.ts';
import { Failure } from '../failure.ts';
import { SourceReport } from '../media.ts';
import { toOneLine } from '../plain-text.ts';

/** Longest texts in characters, and most entries of lists. The sender truncates, so that a result stays below a few hundred KiB. */
export const METADATA_LIMITS = {
  title: 1000,
  name: 300,
  chapterTitle: 200,
  chapters: 200,
  formatId: 100,
  formats: 300,
  url: 2048,
};

const line = (characters: number) => z.string().max(characters).transform(toOneLine);
const seconds = z.number().nonnegative();

const Chapter = z.object({
  title: line(METADATA_LIMITS.chapterTitle),
  startSeconds: seconds,
  endSeconds: seconds.nullable(),
});

/** What an import with the options of the request would do. */
const Estimate = z.object({
  /** One format, or video and audio. Empty when none suits. */
  formatIds: z.array(z.string().max(METADATA_LIMITS.formatId)).max(2),
  /** The size of the stored file; null when unknown. */
  bytes: z.int().positive().nullable(),
  /** True when the source declares the size, and the file is stored as it is. */
  isExact: z.boolean(),
  /** Why the import would fail; null when nothing speaks against it. */
  refusal: Failure.nullable(),
});
export type Estimate = z.infer<typeof Estimate>;

/** Members are null when the source does not tell them. Other members are ignored: a newer downloader may know more. */
export const SourceMetadata = z.object({
  title: line(METADATA_LIMITS.title),
  durationSeconds: seconds.nullable(),
  thumbnail: z
    .url({ protocol: /^https?$/ })
    .max(METADATA_LIMITS.url)
    .nullable(),
  uploader: line(METADATA_LIMITS.name).nullable(),
  sourceId: line(METADATA_LIMITS.name).nullable(),
  chapters: z.array(Chapter).max(METADATA_LIMITS.chapters),
  /** Those that can be downloaded, in the order of the source, its best one last. */
  formats: z
    .array(MediaFormat.extend({ id: z.string().max(METADATA_LIMITS.formatId) }))
    .max(METADATA_LIMITS.formats),
  /** Null for basic metadata, which has neither chapters nor formats. */
  estimate: Estimate.nullable(),
});
export type SourceMetadata = z.infer<typeof SourceMetadata>;

/** The result of a job that stores no file. */
export const Description = z.object({ metadata: SourceMetadata, source: SourceReport });
export type Description = z.infer<typeof Description>;
