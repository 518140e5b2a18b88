/** `GET /imports`: the list of imports. */
import { z } from 'zod';
import { PublicFailure } from '../failure.ts';
import { JobStage, JobStatus } from '../job.ts';
import { pageCursor, pageLimit } from './page-query.ts';
import { DestinationName } from './storage/storage-names.ts';

const instant = z.iso.datetime({ offset: true });

export const ImportListQuery = z.strictObject({
  limit: pageLimit,
  cursor: pageCursor,
  status: JobStatus.optional(),
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

const time = z.iso.datetime();

/** An import in the list. `GET /imports/{id}` has everything else. */
export const ImportSummary = z
  .strictObject({
    jobId: z.uuid(),
    status: JobStatus,
    url: z.url(),
    title: z.string().nullable().meta({ description: 'Null until the import is completed.' }),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    attempt: z.number().int().meta({ description: 'The number of attempts so far.' }),
    stage: JobStage.nullable(),
    bytesDone: z.number().int(),
    bytesTotal: z.number().int().nullable().meta({ description: 'Null while the size is unknown.' }),
    percent: z.number().int().min(0).max(100).nullable(),
    costInDollars: z.number().meta({ description: 'In dollars, rounded to cents. 0 until the import ends.' }),
    costInMicrodollars: z
      .number()
      .int()
      .meta({ description: 'The exact cost in millionths of a dollar. 0 until the import ends.' }),
    error: PublicFailure.nullable().meta({ description: 'Why the import, or its last attempt, failed.' }),
    retryOf: z.uuid().nullable().meta({ description: 'The import that this one repeats.' }),
  })
  .meta({ id: 'ImportSummary' });
export type ImportSummary = z.infer<typeof ImportSummary>;

export const ImportList = z
  .strictObject({
    imports: z.array(ImportSummary).meta({ description: 'The newest first.' }),
    nextCursor: z.string().nullable().meta({
      description:
        'For the next page. Null after the last one. A page may have fewer imports than `limit`, even none, although more follow.',
    }),
  })
  .meta({ id: 'ImportList' });
export type ImportList = z.infer<typeof ImportList>;
