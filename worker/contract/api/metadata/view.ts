/** The status of a metadata job: one shape for each status. It has all members of Importly's answers, and more. */
import { z } from 'zod';
import { PublicFailure } from '../../failure.ts';
import { SourceTaken } from '../../media.ts';
import { cost, endedMembers, jobMembers, lastError, queuedMembers, time } from '../job-members.ts';

const source = SourceTaken.nullable().meta({ description: 'How the source was read, and why.' });
const Queued = z.strictObject({ ...jobMembers, ...queuedMembers }).meta({ id: 'QueuedMetadata' });

const Processing = z
  .strictObject({ ...jobMembers, status: z.literal('processing'), startedAt: time, lastError })
  .meta({ id: 'ProcessingMetadata' });

const ended = { ...jobMembers, ...endedMembers, source };

const Failed = z
  .strictObject({ ...ended, status: z.literal('failed'), error: PublicFailure })
  .meta({ id: 'FailedMetadata' });

const Canceled = z.strictObject({ ...ended, status: z.literal('canceled') }).meta({ id: 'CanceledMetadata' });

const basic = {
  ...jobMembers,
  status: z.literal('completed'),
  startedAt: time,
  finishedAt: time,
  title: z.string(),
  duration: z.number().nullable().meta({ description: 'In seconds. Null when the source does not tell it.' }),
  thumbnail: z.url().nullable(),
  ...cost,
  source,
};

const BasicCompleted = z.strictObject(basic).meta({ id: 'CompletedBasicMetadata' });

const known = z.number().nullable();
const size = {
  fileSizeBytes: z.number().int().nullable().meta({ description: 'Null when it cannot be estimated.' }),
  isSizeExact: z.boolean().meta({ description: 'False for an estimate by bit rates.' }),
  costInDollars: known.meta({ description: 'What an import of this size costs, rounded to cents.' }),
  costInMicrodollars: z.number().int().nullable(),
};

const Format = z
  .strictObject({
    formatId: z.string(),
    extension: z.string().nullable(),
    hasVideo: z.boolean(),
    hasAudio: z.boolean(),
    quality: z.string().nullable().meta({ description: 'By the shorter side: `720p`. Null without video.' }),
    width: known,
    height: known,
    framesPerSecond: known,
    videoCodec: z.string().nullable(),
    audioCodec: z.string().nullable(),
    bitsPerSecond: known.meta({ description: 'Of the whole format.' }),
    videoBitsPerSecond: known,
    audioBitsPerSecond: known,
    ...size,
  })
  .meta({ id: 'MediaFormat' });

/** The list of older versions of Importly. */
const OlderFormat = z
  .strictObject({
    formatId: z.string(),
    selector: z.string().meta({ description: 'A value for the field format of POST /import.' }),
    ext: z.string().nullable(),
    quality: z.string(),
    costInCredits: z.number().int().nullable().meta({ description: 'A credit is one US cent.' }),
    description: z.string(),
    height: known,
    isAudioOnly: z.boolean(),
    codec: z.strictObject({ video: z.string().nullable(), audio: z.string().nullable() }),
  })
  .meta({ id: 'AvailableFormat' });

const Estimate = z
  .strictObject({
    importable: z.boolean(),
    reason: PublicFailure.nullable().meta({
      description: 'Why an import with these options would fail. Null when nothing speaks against it.',
    }),
    formatIds: z
      .array(z.string())
      .meta({ description: 'What POST /import takes with these options: one format, or video and audio.' }),
    ...size,
  })
  .meta({ id: 'ImportEstimate' });

const Completed = z
  .strictObject({
    ...basic,
    uploader: z.string().nullable(),
    chapters: z.array(z.strictObject({ title: z.string(), startSeconds: z.number(), endSeconds: known })),
    formats: z.array(Format).meta({ description: 'The best format comes last.' }),
    availableFormats: z.array(OlderFormat).meta({ description: 'The same list in an older form.' }),
    estimate: Estimate,
  })
  .meta({ id: 'CompletedMetadata' });

export const MetadataView = z
  .discriminatedUnion('status', [Queued, Processing, Completed, Failed, Canceled])
  .meta({ id: 'Metadata' });
export type MetadataView = z.infer<typeof MetadataView>;

export const BasicMetadataView = z
  .discriminatedUnion('status', [Queued, Processing, BasicCompleted, Failed, Canceled])
  .meta({ id: 'BasicMetadata' });
export type BasicMetadataView = z.infer<typeof BasicMetadataView>;

/** The shape of one status. */
export type MetadataViewOf<Status extends MetadataView['status']> = Extract<MetadataView, { status: Status }>;
export type CompletedBasic = Extract<BasicMetadataView, { status: 'completed' }>;
