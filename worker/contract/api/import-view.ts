/** An import as its owner reads it: one shape a status. Members of the guide keep its names; ours stand beside them. */
import { z } from 'zod';
import { PublicFailure } from '../failure.ts';
import { JobStage } from '../job.ts';
import { Checksums, MediaFacts, SourceTaken } from '../media.ts';

const time = z.iso.datetime();

const common = {
  jobId: z.uuid(),
  createdAt: time,
  attempt: z.number().int().meta({ description: 'How often a downloader was given this import.' }),
  storeOf: z.uuid().optional().meta({ description: 'Of a store job: the import whose file it stores.' }),
};

const source = SourceTaken.nullable().meta({
  description: 'Which way the bytes come: from the URL itself or through yt-dlp, and why.',
});

/** Failed and canceled imports cost nothing. */
const cost = {
  costInDollars: z.number().meta({ description: 'Rounded to cents.' }),
  costInMicrodollars: z.number().int().meta({ description: 'Exact.' }),
};

const lastError = PublicFailure.nullable().meta({ description: 'Why the attempt before this one ended.' });

const Queued = z
  .strictObject({
    ...common,
    status: z.literal('queued'),
    message: z.string(),
    noDownloaderSince: time.nullable().meta({
      description: 'Since when no downloader has answered. Null while downloaders answer.',
    }),
    startedAt: time.nullable(),
    lastError,
  })
  .meta({ id: 'QueuedImport' });

const Processing = z
  .strictObject({
    ...common,
    status: z.literal('processing'),
    startedAt: time,
    stage: JobStage,
    bytesDone: z.number().int(),
    bytesTotal: z.number().int().nullable().meta({ description: 'Null while the source has not told it.' }),
    percent: z.number().int().min(0).max(100).nullable(),
    cancelRequestedAt: time.nullable(),
    source,
    lastError,
  })
  .meta({ id: 'ProcessingImport' });

/** Where the file of a completed import is, and why there. */
const StorageView = z
  .strictObject({
    status: z.enum(['stored', 'fallback', 'service']).meta({
      description:
        "`stored`: in the customer's bucket. `fallback`: there it failed, the service keeps the file. `service`: the service keeps it.",
    }),
    reason: z.string().optional(),
    bucket: z.string().optional(),
    key: z.string().optional(),
    expiresAt: time.optional().meta({ description: 'When the service deletes its copy.' }),
    error: PublicFailure.optional(),
    publiclyReadable: z.boolean().optional().meta({
      description: 'Whether anybody could read the bucket when it was last looked at; absent before that.',
    }),
    cors: z
      .boolean()
      .optional()
      .meta({ description: 'Whether pages of any origin could read it in a browser; absent before that.' }),
  })
  .meta({ id: 'ImportStorage' });

const Completed = z
  .strictObject({
    ...common,
    status: z.literal('completed'),
    startedAt: time,
    finishedAt: time,
    mediaUrl: z.url().nullable().meta({ description: 'Null once the file was deleted by retention.' }),
    s3Storage: z.strictObject({ url: z.url(), bucket: z.string(), key: z.string() }).optional(),
    title: z.string(),
    duration: z.number().nullable().meta({ description: 'Seconds; null for pictures.' }),
    fileSizeBytes: z.number().int(),
    ...cost,
    checksum: Checksums,
    storage: StorageView,
    source,
    media: MediaFacts.omit({ durationSeconds: true }).extend({ contentType: z.string() }),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'CompletedImport' });

const ended = {
  ...common,
  startedAt: time.nullable(),
  finishedAt: time,
  message: z.string(),
  ...cost,
  source,
};

const Failed = z
  .strictObject({ ...ended, status: z.literal('failed'), error: PublicFailure })
  .meta({ id: 'FailedImport' });

const Canceled = z.strictObject({ ...ended, status: z.literal('canceled') }).meta({ id: 'CanceledImport' });

export const ImportView = z
  .discriminatedUnion('status', [Queued, Processing, Completed, Failed, Canceled])
  .meta({ id: 'Import' });
export type ImportView = z.infer<typeof ImportView>;
/** The view in one of its statuses. */
export type ImportViewOf<Status extends ImportView['status']> = Extract<ImportView, { status: Status }>;
