/** Requests of the Worker to a downloader, and their answers. Imports zod only. */
import { z } from 'zod';
import { EntryFilter } from './playlist.ts';
import { HardStops, MediaChoice } from '../choice/media-choice.ts';
import { Checksums, MediaFacts } from '../media.ts';

export const JobLimits = z.strictObject({
  maxBytes: z.number().int().positive(),
  maxDurationSeconds: z.number().int().positive(),
  timeoutSeconds: z.number().int().positive(),
  stallSeconds: z.number().int().positive(),
  /** A source that sends fewer bytes a second over `minRateSeconds` has stalled; 0 or absent: no such limit. */
  minBytesPerSecond: z.number().int().nonnegative().optional(),
  minRateSeconds: z.number().int().positive().optional(),
  /** Limits of the request. Like every optional member, it is absent unless it is needed: older downloaders refuse it. */
  stops: HardStops.optional(),
});
export type JobLimits = z.infer<typeof JobLimits>;

/**
 * `oneConnection`: an earlier attempt could not read this source by ranges, so this one sends a single plain GET. `filesOnly`: if the
 * source is a page, the attempt ends with `source_is_page`, and another slot reads it.
 */
export const ImportSource = z.strictObject({
  url: z.url(),
  oneConnection: z.literal(true).optional(),
  filesOnly: z.literal(true).optional(),
});
export type ImportSource = z.infer<typeof ImportSource>;

/**
 * A file that an import has stored, with the facts that were determined then. `url` is below `controlUrl` and requires
 * the token of the attempt. It may redirect to the storage that has the file.
 */
export const StoredSource = z.strictObject({
  kind: z.literal('stored'),
  url: z.url(),
  title: z.string(),
  extension: z.string(),
  contentType: z.string(),
  sizeBytes: z.number().int().positive(),
  checksums: Checksums,
  facts: MediaFacts,
});
export type StoredSource = z.infer<typeof StoredSource>;

/** Members of every command. `token` is valid for this attempt only. `controlUrl` is the base of `/internal`, without a trailing slash. */
const common = {
  version: z.literal(1),
  jobId: z.uuid(),
  attempt: z.number().int().positive(),
  slot: z.string(),
  token: z.string(),
  controlUrl: z.url(),
  limits: JobLimits,
};

/**
 * `POST /jobs`: runs one attempt of a job. `store` copies the stored file of an import and does not read its source. `metadata` and
 * `basic_metadata` find out about a source and store nothing; `playlist` reads the entries of a playlist.
 */
export const Command = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('import'),
    source: ImportSource,
    /** Absent: the best media with all tracks. */
    choice: MediaChoice.optional(),
    /** Other destinations get the file as well: the attempt asks for their plans before it reads the source. */
    secondaries: z.literal(true).optional(),
  }),
  z.strictObject({ ...common, kind: z.literal('store'), source: StoredSource }),
  z.strictObject({
    ...common,
    kind: z.enum(['metadata', 'basic_metadata']),
    source: ImportSource,
    /** What the estimate is about. */
    choice: MediaChoice.optional(),
  }),
  z.strictObject({ ...common, kind: z.literal('playlist'), source: ImportSource, filter: EntryFilter }),
]);
export type Command = z.infer<typeof Command>;

/** `POST /probe`: checks what a socket to this host would find. */
export const ProbeRequest = z.strictObject({
  host: z.string().min(1).max(253),
  port: z.number().int().min(1).max(65_535),
  /** For which requests the address policy judges. Default: those to storage. */
  purpose: z.enum(['storage', 'webhook']).optional(),
});
export type ProbeRequest = z.infer<typeof ProbeRequest>;

/** `allowed` is the verdict of the address policy. `tls` is null when no TLS connection was made. */
export const ProbeAnswer = z.strictObject({
  addresses: z.array(z.string()),
  allowed: z.boolean(),
  reason: z.string().nullable(),
  tls: z
    .strictObject({
      authorized: z.boolean(),
      error: z.string().nullable(),
      protocol: z.string().nullable(),
      subject: z.string().nullable(),
      validTo: z.string().nullable(),
    })
    .nullable(),
});
export type ProbeAnswer = z.infer<typeof ProbeAnswer>;

/** Versions of the programs that the downloader runs; null when a program is not installed. */
export const Versions = z.strictObject({
  downloader: z.string(),
  ytdlp: z.string().nullable(),
  ffmpeg: z.string().nullable(),
});
export type Versions = z.infer<typeof Versions>;

/** How a downloader confines its children; `reason` says what its machine lacks for more. */
export const ConfinementReport = z.object({
  level: z.string(),
  /** Whether the children of each job have a user of their own. */
  ownUsers: z.boolean(),
  reason: z.string().nullable(),
});
export type ConfinementReport = z.infer<typeof ConfinementReport>;

/** Other members are ignored, so that a Worker understands the answers of a newer downloader. */
export const HealthAnswer = z.object({
  ok: z.boolean(),
  draining: z.boolean(),
  capacity: z.number().int(),
  jobs: z.array(z.strictObject({ jobId: z.string(), attempt: z.number().int() })),
  versions: Versions,
  /** Days since the release of yt-dlp; null when it is not installed. */
  ytdlpAgeDays: z.number().int().nullable().optional(),
  /** Absent in answers of images before this member. */
  confinement: ConfinementReport.optional(),
  /** Unix milliseconds by its clock, and since its start; absent in answers of images before these members. */
  time: z.number().int().optional(),
  uptimeMs: z.number().int().min(0).optional(),
});
export type HealthAnswer = z.infer<typeof HealthAnswer>;
