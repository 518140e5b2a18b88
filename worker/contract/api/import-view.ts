/** The status of an import: one shape for each status. It has all members of Importly's answer, and more. */
import { z } from 'zod';
import { Difference } from '../choice/differences.ts';
import { PublicFailure } from '../failure.ts';
import { JobStage } from '../job.ts';
import { Checksums, MediaFacts, SourceTaken, TrackRates } from '../media.ts';
import { cost, endedMembers, jobMembers, lastError, queuedMembers, time } from './job-members.ts';
import { mediaChoiceFields } from './media-choice.ts';

const common = {
  ...jobMembers,
  storeOf: z.uuid().optional().meta({ description: 'For a store job, the import whose file it stores.' }),
  retryOf: z.uuid().optional().meta({ description: 'The import that this one repeats.' }),
};

const source = SourceTaken.nullable().meta({
  description: 'How the file is read, from the URL or through yt-dlp, and why.',
});

const Queued = z.strictObject({ ...common, ...queuedMembers }).meta({ id: 'QueuedImport' });

const Processing = z
  .strictObject({
    ...common,
    status: z.literal('processing'),
    startedAt: time,
    stage: JobStage,
    bytesDone: z.number().int(),
    bytesTotal: z.number().int().nullable().meta({ description: 'Null while the size is unknown.' }),
    percent: z.number().int().min(0).max(100).nullable(),
    cancelRequestedAt: time.nullable(),
    source,
    lastError,
  })
  .meta({ id: 'ProcessingImport' });

/** One of the destinations of a request with `storageDestinations`. */
const PlaceView = z
  .strictObject({
    name: z.string(),
    status: z.enum(['stored', 'storing', 'waiting', 'failed']).meta({
      description:
        '`stored`: it has the file. `storing`: a store job copies the file. `waiting`: a store job follows at `nextTryAt`. `failed`: it does not get the file, unless `POST /imports/{id}/store` requests it.',
    }),
    url: z.url().optional(),
    bucket: z.string().optional(),
    key: z.string().optional(),
    error: PublicFailure.optional().meta({ description: 'Why the last try failed.' }),
    nextTryAt: time.optional(),
  })
  .meta({ id: 'ImportPlace' });
export type PlaceView = z.infer<typeof PlaceView>;

/** Where the file of a completed import is, and why. */
const StorageView = z
  .strictObject({
    status: z.enum(['stored', 'fallback', 'service']).meta({
      description:
        "`stored`: the file is in the customer's bucket. `fallback`: the upload to that bucket failed, and the file is in service storage, or in another one of several destinations. `service`: the file is in service storage.",
    }),
    reason: z.string().optional(),
    bucket: z.string().optional(),
    key: z.string().optional(),
    expiresAt: time.optional().meta({ description: 'When service storage deletes the file.' }),
    error: PublicFailure.optional(),
    destinations: z
      .array(PlaceView)
      .optional()
      .meta({ description: 'All destinations of a request with `storageDestinations`, in its order.' }),
    publiclyReadable: z.boolean().optional().meta({
      description:
        'Whether everyone could read the bucket at the last check. Omitted before the first check.',
    }),
    cors: z.boolean().optional().meta({
      description:
        'Whether pages of any origin could read the bucket in a browser at the last check. Omitted before the first check.',
    }),
  })
  .meta({ id: 'ImportStorage' });

const Requested = z.strictObject(mediaChoiceFields).meta({
  id: 'RequestedMedia',
  description: 'The fields of the request that say what is taken from the source. Empty if it has none.',
});

const Actual = MediaFacts.omit({ durationSeconds: true })
  .extend({
    ...TrackRates.shape,
    bitsPerSecond: z.number().int().positive().nullable().meta({ description: 'Of the whole file.' }),
  })
  .meta({
    id: 'ActualMedia',
    description:
      'What the stored file has. Rates are measured, or stated by the source; null when neither is possible.',
  });

const Completed = z
  .strictObject({
    ...common,
    status: z.literal('completed'),
    startedAt: time,
    finishedAt: time,
    mediaUrl: z
      .url()
      .nullable()
      .meta({ description: 'Null after the retention period, when the file is deleted.' }),
    s3Storage: z.strictObject({ url: z.url(), bucket: z.string(), key: z.string() }).optional(),
    title: z.string(),
    duration: z.number().nullable().meta({ description: 'In seconds. Null for images.' }),
    fileSizeBytes: z.number().int(),
    ...cost,
    checksum: Checksums,
    storage: StorageView,
    source,
    requested: Requested,
    actual: Actual,
    differences: z
      .array(Difference.meta({ id: 'MediaDifference' }))
      .meta({ description: 'Where the file differs from what was requested, and why.' }),
    media: MediaFacts.omit({ durationSeconds: true }).extend({ contentType: z.string() }),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'CompletedImport' });

const ended = { ...common, ...endedMembers, source };

const Failed = z
  .strictObject({ ...ended, status: z.literal('failed'), error: PublicFailure })
  .meta({ id: 'FailedImport' });

const Canceled = z.strictObject({ ...ended, status: z.literal('canceled') }).meta({ id: 'CanceledImport' });

export const ImportView = z
  .discriminatedUnion('status', [Queued, Processing, Completed, Failed, Canceled])
  .meta({ id: 'Import' });
export type ImportView = z.infer<typeof ImportView>;
/** The shape of one status. */
export type ImportViewOf<Status extends ImportView['status']> = Extract<ImportView, { status: Status }>;
