/** The status of a metadata job: one shape for each status. It has all members of Importly's answers, and more. */
import { z } from 'zod';
import { PublicFailure } from '../../failure.ts';
import { SourceTaken } from '../../media.ts';
import { cost, endedMembers, jobMembers, lastError, queuedMembers, time } from '../job-members.ts';

const source = SourceTaken.nullable().meta({ description: 'How the source was read, and why.' });
const Queued = z
  .strictObject({ ...jobMembers, ...queuedMembers })
  .meta({ id: 'QueuedMetadata', description: 'A request that waits.' });

const Processing = z
  .strictObject({
    ...jobMembers,
    status: z.literal('processing').meta({ description: 'A downloader reads the source.' }),
    startedAt: time.meta({ description: 'When the first attempt began.' }),
    cancelRequestedAt: time
      .nullable()
      .meta({ description: 'When the cancelation was requested. Null if it was not.' }),
    lastError,
  })
  .meta({ id: 'ProcessingMetadata', description: 'A request that runs.' });

const ended = { ...jobMembers, ...endedMembers, source };

const Failed = z
  .strictObject({
    ...ended,
    status: z.literal('failed').meta({ description: 'The last attempt failed, and there is no other.' }),
    error: PublicFailure.meta({ description: 'Why the source could not be read.' }),
  })
  .meta({ id: 'FailedMetadata', description: 'A request that failed.' });

const Canceled = z
  .strictObject({
    ...ended,
    status: z.literal('canceled').meta({ description: 'A request canceled the job.' }),
  })
  .meta({ id: 'CanceledMetadata', description: 'A request that was canceled.' });

const basic = {
  ...jobMembers,
  status: z.literal('completed').meta({ description: 'The source was read.' }),
  startedAt: time.meta({ description: 'When the first attempt began.' }),
  finishedAt: time.meta({ description: 'When the job ended.' }),
  title: z
    .string()
    .meta({ description: 'The title of the media, else the name of the file.', example: 'A video' }),
  duration: z
    .number()
    .nullable()
    .meta({ description: 'In seconds. Null when the source does not tell it.', example: 212.4 }),
  thumbnail: z.url().nullable().meta({
    description: 'The URL of a picture at the source; null if there is none.',
    example: 'https://example.com/thumbnail.jpg',
  }),
  ...cost,
  source,
};

const BasicCompleted = z
  .strictObject(basic)
  .meta({ id: 'CompletedBasicMetadata', description: 'What the source is, in short.' });

const known = z.number().nullable();
const formatId = z
  .string()
  .meta({ description: 'The name that the source gives to the format.', example: '22' });
const size = {
  fileSizeBytes: z
    .number()
    .int()
    .nullable()
    .meta({ description: 'Null when it cannot be estimated.', example: 41_943_040 }),
  isSizeExact: z.boolean().meta({ description: 'False for an estimate by bit rates.' }),
  costInDollars: known.meta({
    description: 'What an import of this size costs, rounded to cents.',
    example: 0.13,
  }),
  costInMicrodollars: z
    .number()
    .int()
    .nullable()
    .meta({ description: 'The exact cost in millionths of a dollar.', example: 125_829 }),
};

const Format = z
  .strictObject({
    formatId,
    extension: z.string().nullable().meta({ description: 'The extension of such a file.', example: 'mp4' }),
    hasVideo: z.boolean().meta({ description: 'Whether it contains video.' }),
    hasAudio: z.boolean().meta({ description: 'Whether it contains audio.' }),
    quality: z
      .string()
      .nullable()
      .meta({ description: 'By the shorter side: `720p`. Null without video.', example: '720p' }),
    width: known.meta({ description: 'In pixels. Null without video.', example: 1280 }),
    height: known.meta({ description: 'In pixels. Null without video.', example: 720 }),
    framesPerSecond: known.meta({ description: 'Null without video.', example: 25 }),
    videoCodec: z.string().nullable().meta({ description: 'Null without video.', example: 'avc1.64001f' }),
    audioCodec: z.string().nullable().meta({ description: 'Null without audio.', example: 'mp4a.40.2' }),
    bitsPerSecond: known.meta({ description: 'Of the whole format.' }),
    videoBitsPerSecond: known.meta({ description: 'The bit rate of the video.' }),
    audioBitsPerSecond: known.meta({ description: 'The bit rate of the audio.' }),
    ...size,
  })
  .meta({ id: 'MediaFormat', description: 'A form in which the source offers its media.' });

/** The list of older versions of Importly. */
const OlderFormat = z
  .strictObject({
    formatId,
    selector: z
      .string()
      .meta({ description: 'A value for the field format of POST /import.', example: '22' }),
    ext: z.string().nullable().meta({ description: 'The extension of such a file.' }),
    quality: z.string().meta({ description: 'The quality in words.', example: '720p' }),
    costInCredits: z.number().int().nullable().meta({ description: 'A credit is one US cent.', example: 13 }),
    description: z
      .string()
      .meta({ description: 'The format in a sentence.', example: '720p video with audio' }),
    height: known.meta({ description: 'In pixels. Null without video.' }),
    isAudioOnly: z.boolean().meta({ description: 'Whether it contains audio alone.' }),
    codec: z
      .strictObject({
        video: z.string().nullable().meta({ description: 'Null without video.' }),
        audio: z.string().nullable().meta({ description: 'Null without audio.' }),
      })
      .meta({ description: 'The codecs of its tracks.' }),
  })
  .meta({ id: 'AvailableFormat', description: 'A format as older versions of Importly list it.' });

const Estimate = z
  .strictObject({
    importable: z.boolean().meta({ description: 'Whether an import with these options would succeed.' }),
    reason: PublicFailure.nullable().meta({
      description: 'Why an import with these options would fail. Null when nothing speaks against it.',
    }),
    formatIds: z.array(z.string()).meta({
      description: 'What POST /import takes with these options: one format, or video and audio.',
      example: ['22'],
    }),
    ...size,
  })
  .meta({
    id: 'ImportEstimate',
    description: 'What an import with the options of the request takes and costs.',
  });

const Completed = z
  .strictObject({
    ...basic,
    uploader: z.string().nullable().meta({
      description: 'Who published the media; null if the source does not tell it.',
      example: 'A channel',
    }),
    chapters: z
      .array(
        z.strictObject({
          title: z.string().meta({ description: 'The title of the chapter.', example: 'Introduction' }),
          startSeconds: z.number().meta({ description: 'Where it begins.' }),
          endSeconds: known.meta({
            description: 'Where it ends; null if the source does not tell it.',
            example: 31.5,
          }),
        }),
      )
      .meta({ description: 'The chapters of the media, in order.' }),
    formats: z.array(Format).meta({ description: 'The best format comes last.' }),
    availableFormats: z.array(OlderFormat).meta({ description: 'The same list in an older form.' }),
    estimate: Estimate,
  })
  .meta({ id: 'CompletedMetadata', description: 'What the source is.' });

export const MetadataView = z
  .discriminatedUnion('status', [Queued, Processing, Completed, Failed, Canceled])
  .meta({
    id: 'Metadata',
    description: 'The metadata of a source. `status` says which of the forms it has.',
  });
export type MetadataView = z.infer<typeof MetadataView>;

export const BasicMetadataView = z
  .discriminatedUnion('status', [Queued, Processing, BasicCompleted, Failed, Canceled])
  .meta({
    id: 'BasicMetadata',
    description: 'The basic metadata of a source. `status` says which of the forms it has.',
  });
export type BasicMetadataView = z.infer<typeof BasicMetadataView>;

/** The shape of one status. */
export type MetadataViewOf<Status extends MetadataView['status']> = Extract<MetadataView, { status: Status }>;
export type CompletedBasic = Extract<BasicMetadataView, { status: 'completed' }>;
