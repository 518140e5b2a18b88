/** `GET /imports`: the list of imports. */
import { z } from 'zod';
import { PublicFailure } from '../failure.ts';
import { JobStage, JobStatus } from '../job.ts';
import { jobId, time } from './job-members.ts';
import { pageCursor, pageLimit } from './page-query.ts';
import { DestinationName } from './storage/storage-names.ts';

const instant = z.iso.datetime({ offset: true });

export const ImportListQuery = z.strictObject({
  limit: pageLimit,
  cursor: pageCursor,
  status: JobStatus.optional().meta({ description: 'Only imports in this state.' }),
  createdFrom: instant.optional().meta({ description: 'Created at this time or later.' }),
  createdTo: instant.optional().meta({ description: 'Created before this time.' }),
  destination: DestinationName.optional().meta({
    description:
      'The name of a destination. Finds imports whose file was sent to it, also later and also without success.',
  }),
  host: z
    .string()
    .min(1)
    .max(253)
    .toLowerCase()
    .optional()
    .meta({ description: 'The host in the URL, with or without `www.`.', example: 'youtube.com' }),
  batch: z.string().max(100).optional().meta({ description: 'The batchId of a batch. Finds its imports.' }),
  text: z
    .string()
    .max(500)
    .optional()
    .meta({ description: 'Words that must all be in the URL or the title, in any order.' }),
});
export type ImportListQuery = z.output<typeof ImportListQuery>;

/** An import in the list. `GET /imports/{id}` has everything else. */
export const ImportSummary = z
  .strictObject({
    jobId,
    status: JobStatus.meta({ description: 'The state of the import.', example: 'completed' }),
    url: z.url().meta({ description: 'The URL of the request.' }),
    title: z
      .string()
      .nullable()
      .meta({ description: 'Null until the import is completed.', example: 'video' }),
    createdAt: time.meta({ description: 'When the import was created.' }),
    startedAt: time.nullable().meta({
      description: 'When the first attempt began. Null before it.',
      example: '2026-11-27T09:09:42.101Z',
    }),
    finishedAt: time
      .nullable()
      .meta({ description: 'When the import ended. Null before that.', example: '2026-11-27T09:10:03.550Z' }),
    attempt: z.number().int().meta({ description: 'The number of attempts so far.', example: 1 }),
    stage: JobStage.nullable().meta({
      description: 'What the downloader does now. Null while no downloader works on the import.',
    }),
    bytesDone: z.number().int().meta({ description: 'Bytes that this stage has done.', example: 41_943_040 }),
    bytesTotal: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Null while the size is unknown.', example: 41_943_040 }),
    percent: z
      .number()
      .int()
      .min(0)
      .max(100)
      .nullable()
      .meta({ description: 'How much of the stage is done. Null while the size is unknown.', example: 100 }),
    costInDollars: z
      .number()
      .meta({ description: 'In dollars, rounded to cents. 0 until the import ends.', example: 0.13 }),
    costInMicrodollars: z.number().int().meta({
      description: 'The exact cost in millionths of a dollar. 0 until the import ends.',
      example: 125_829,
    }),
    error: PublicFailure.nullable().meta({ description: 'Why the import, or its last attempt, failed.' }),
    retryOf: z.uuid().nullable().meta({ description: 'The import that this one repeats.' }),
  })
  .meta({
    id: 'ImportSummary',
    description: 'An import in a list. `GET /imports/{id}` has everything else.',
  });
export type ImportSummary = z.infer<typeof ImportSummary>;

export const ImportList = z
  .strictObject({
    imports: z.array(ImportSummary).meta({ description: 'The newest first.' }),
    nextCursor: z.string().nullable().meta({
      description:
        'For the next page. Null after the last one. A page may have fewer imports than `limit`, even none, although more follow.',
    }),
  })
  .meta({ id: 'ImportList', description: 'A page of the list of imports.' });
export type ImportList = z.infer<typeof ImportList>;
