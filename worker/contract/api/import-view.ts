/** The status of an import: one shape for each status. It has all members of Importly's answer, and more. */
import { z } from 'zod';
import { Difference } from '../choice/differences.ts';
import { PublicFailure } from '../failure.ts';
import { JobStage } from '../job.ts';
import { Checksums, MediaFacts, SourceTaken, TrackRates } from '../media.ts';
import { cost, endedMembers, jobMembers, lastError, queuedMembers, S3Location, time } from './job-members.ts';
import { mediaChoiceFields } from './media-choice.ts';

const common = {
  ...jobMembers,
  storeOf: z.uuid().optional().meta({ description: 'For a store job, the import whose file it stores.' }),
  retryOf: z.uuid().optional().meta({ description: 'The import that this one repeats.' }),
};

const source = SourceTaken.nullable().meta({
  description: 'How the file is read, from the URL or through yt-dlp, and why.',
});

const Queued = z
  .strictObject({ ...common, ...queuedMembers })
  .meta({ id: 'QueuedImport', description: 'An import that waits.' });

const Processing = z
  .strictObject({
    ...common,
    status: z.literal('processing').meta({ description: 'A downloader works on the import.' }),
    startedAt: time.meta({ description: 'When the first attempt began.' }),
    stage: JobStage.meta({ description: 'What the downloader does now.' }),
    bytesDone: z.number().int().meta({ description: 'Bytes that this stage has done.' }),
    bytesTotal: z.number().int().nullable().meta({ description: 'Null while the size is unknown.' }),
    percent: z
      .number()
      .int()
      .min(0)
      .max(100)
      .nullable()
      .meta({ description: 'How much of the stage is done. Null while the size is unknown.' }),
    cancelRequestedAt: time
      .nullable()
      .meta({ description: 'When the cancelation was requested. Null if it was not.' }),
    source,
    lastError,
  })
  .meta({ id: 'ProcessingImport', description: 'An import that runs.' });

/** One of the destinations of a request with `storageDestinations`. */
const PlaceView = z
  .strictObject({
    name: z.string().meta({ description: 'The name of the destination.' }),
    status: z.enum(['stored', 'storing', 'waiting', 'failed']).meta({
      description:
        '`stored`: it has the file. `storing`: a store job copies the file. `waiting`: a store job follows at `nextTryAt`. `failed`: it does not get the file, unless `POST /imports/{id}/store` requests it.',
    }),
    url: z.url().optional().meta({ description: 'The URL of the file. Omitted until it is stored.' }),
    bucket: z.string().optional().meta({ description: 'The bucket of the file.' }),
    key: z.string().optional().meta({ description: 'The key of the file in the bucket.' }),
    error: PublicFailure.optional().meta({ description: 'Why the last try failed.' }),
    nextTryAt: time.optional().meta({ description: 'When the service tries again.' }),
  })
  .meta({ id: 'ImportPlace', description: 'One of several destinations of a file.' });
export type PlaceView = z.infer<typeof PlaceView>;

/** Where the file of a completed import is, and why. */
const StorageView = z
  .strictObject({
    status: z.enum(['stored', 'fallback', 'service']).meta({
      description:
        "`stored`: the file is in the customer's bucket. `fallback`: the upload to that bucket failed, and the file is in service storage, or in another one of several destinations. `service`: the file is in service storage.",
    }),
    reason: z
      .string()
      .optional()
      .meta({ description: 'Why the file is in service storage, such as `storage_not_configured`.' }),
    bucket: z.string().optional().meta({ description: 'The bucket of the file, if it is in one of yours.' }),
    key: z.string().optional().meta({ description: 'The key of the file in that bucket.' }),
    expiresAt: time.optional().meta({ description: 'When service storage deletes the file.' }),
    error: PublicFailure.optional().meta({ description: 'Why the bucket did not take the file.' }),
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
  .meta({ id: 'ImportStorage', description: 'Where the file is, and why.' });

const Requested = z.strictObject(mediaChoiceFields).meta({
  id: 'RequestedMedia',
  description: 'The fields of the request that say what is taken from the source. Empty if it has none.',
});

const Actual = MediaFacts.omit({ durationSeconds: true })
  .extend({
    ...TrackRates.shape,
    bitsPerSecond: z
      .number()
      .int()
      .positive()
      .nullable()
      .meta({ description: 'Of the whole file.', example: 4_450_000 }),
  })
  .meta({
    id: 'ActualMedia',
    description:
      'What the stored file has. Rates are measured, or stated by the source; null when neither is possible.',
  });

const Completed = z
  .strictObject({
    ...common,
    status: z.literal('completed').meta({ description: 'The file is stored.' }),
    startedAt: time.meta({ description: 'When the first attempt began.' }),
    finishedAt: time.meta({ description: 'When the job ended.' }),
    mediaUrl: z.url().nullable().meta({
      description: 'The URL of the file. Null after the retention period, when the file is deleted.',
      example: 'https://my-bucket.s3.us-east-1.amazonaws.com/uploads/video.mp4',
    }),
    s3Storage: S3Location.optional().meta({
      description:
        'Where the file is in your bucket. Omitted while it is not there, and with `storageReturnLocation` false.',
    }),
    title: z
      .string()
      .meta({ description: 'The title of the media, else the name of the file.', example: 'video' }),
    duration: z.number().nullable().meta({ description: 'In seconds. Null for images.', example: 212.4 }),
    fileSizeBytes: z.number().int().meta({ description: 'The size of the file.', example: 41_943_040 }),
    ...cost,
    checksum: Checksums.meta({ description: 'Digests of the stored file.' }),
    storage: StorageView,
    source,
    requested: Requested,
    actual: Actual,
    differences: z
      .array(
        Difference.meta({
          id: 'MediaDifference',
          description: 'Where the file differs from what was requested, and why.',
        }),
      )
      .meta({ description: 'Where the file differs from what was requested, and why.', example: [] }),
    media: MediaFacts.omit({ durationSeconds: true })
      .extend({
        contentType: z.string().meta({ description: 'The media type of the file.', example: 'video/mp4' }),
      })
      .meta({ description: 'What the file contains, read from its bytes.' }),
    warnings: z
      .array(z.string())
      .meta({ description: 'What did not go as the settings ask, each in a sentence.', example: [] }),
  })
  .meta({ id: 'CompletedImport', description: 'An import whose file is stored.' });

const ended = { ...common, ...endedMembers, source };

const Failed = z
  .strictObject({
    ...ended,
    status: z.literal('failed').meta({ description: 'The last attempt failed, and there is no other.' }),
    error: PublicFailure.meta({ description: 'Why the import failed.' }),
  })
  .meta({ id: 'FailedImport', description: 'An import that failed.' });

const Canceled = z
  .strictObject({
    ...ended,
    status: z.literal('canceled').meta({ description: 'A request canceled the import.' }),
  })
  .meta({ id: 'CanceledImport', description: 'An import that was canceled.' });

export const ImportView = z
  .discriminatedUnion('status', [Queued, Processing, Completed, Failed, Canceled])
  .meta({ id: 'Import', description: 'An import. `status` says which of the forms it has.' });
export type ImportView = z.infer<typeof ImportView>;
/** The shape of one status. */
export type ImportViewOf<Status extends ImportView['status']> = Extract<ImportView, { status: Status }>;
