/** Batches and their items in answers of `/batches`. */
import { z } from 'zod';
import { PublicFailure } from '../../failure.ts';
import { JobStatus } from '../../job.ts';
import { ImportSummary } from '../import-list.ts';
import { pageLimit, pageCursor } from '../page-query.ts';
import { PlaylistSource } from './batch-request.ts';

const time = z.iso.datetime();
const count = z.int().min(0);
const batchId = z.uuid().meta({ description: 'The ID of the batch.' });
const message = z.string().meta({
  description: 'The state of the batch in a sentence, for people.',
  example: 'All 2 imports have ended, 0 of them failed.',
});
const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'For the next page. Null after the last one.', example: null });

/** `reading`: the entries of its playlist are not known yet. `failed`: the playlist could not be read. */
export const BatchStatus = z.enum(['reading', 'processing', 'completed', 'failed', 'canceled']);

/** The number of items in each state. */
export const BatchCounts = z
  .strictObject({
    queued: count.meta({ description: 'Items that wait.' }),
    processing: count.meta({ description: 'Items that run.' }),
    completed: count.meta({ description: 'Items whose file is stored.', example: 2 }),
    failed: count.meta({ description: 'Items that failed.' }),
    canceled: count.meta({ description: 'Items that were canceled.' }),
  })
  .meta({ id: 'BatchCounts', description: 'The number of items in each state.' });

export const BatchView = z
  .strictObject({
    batchId,
    status: BatchStatus.meta({
      description:
        '`completed` when every item has ended, also if some of them failed. `canceled` when the batch was canceled and every item has ended.',
      example: 'completed',
    }),
    message,
    total: count.meta({ description: 'The number of items. 0 until a playlist is read.', example: 2 }),
    counts: BatchCounts,
    playlist: PlaylistSource.extend({
      title: z.string().optional().meta({
        description:
          'The title of the playlist. Until it is read, the text that titles of entries must contain.',
      }),
      entriesFound: count.nullable().meta({
        description:
          'Entries that were read, of which the filters and maxEntries left `total`. Null until then.',
      }),
    })
      .nullable()
      .meta({ description: 'Null for a batch of URLs.' }),
    error: PublicFailure.nullable().meta({ description: 'Why the playlist could not be read.' }),
    retryOf: z
      .uuid()
      .nullable()
      .meta({ description: 'The batch whose failed items this one imports again.' }),
    createdAt: time.meta({ description: 'When the batch was created.' }),
    finishedAt: time.nullable().meta({
      description: 'When its last item ended; null before that.',
      example: '2026-11-27T09:10:03.550Z',
    }),
  })
  .meta({ id: 'Batch', description: 'A batch, with the number of its items in each state.' });
export type BatchView = z.infer<typeof BatchView>;

export const BatchList = z
  .strictObject({
    batches: z.array(BatchView).meta({ description: 'The newest first.' }),
    nextCursor,
  })
  .meta({ id: 'BatchList', description: 'A page of the list of batches.' });

/** An item is an import with its place in the batch. */
export const BatchItem = ImportSummary.extend({
  index: count.meta({ description: 'The place in the request or the playlist, from 0.' }),
}).meta({ id: 'BatchItem', description: 'An import with its place in the batch.' });
export type BatchItem = z.infer<typeof BatchItem>;

export const BatchItemList = z
  .strictObject({
    items: z.array(BatchItem).meta({ description: 'In the order of the request or of the playlist.' }),
    nextCursor,
  })
  .meta({ id: 'BatchItemList', description: 'A page of the items of a batch.' });

export const BatchListQuery = z.strictObject({ limit: pageLimit, cursor: pageCursor });

export const BatchItemQuery = z.strictObject({
  limit: pageLimit,
  cursor: pageCursor,
  status: JobStatus.optional().meta({ description: 'Only items in this state.' }),
});

/** `POST /batches` and `POST /batches/{id}/retry`. */
export const BatchStarted = z
  .strictObject({
    batchId,
    status: BatchStatus.extract(['reading', 'processing']).meta({
      description: '`reading`: the entries of the playlist are not known yet.',
      example: 'processing',
    }),
    total: count.meta({ description: 'The number of items. 0 until a playlist is read.', example: 2 }),
    message,
  })
  .meta({ id: 'BatchStarted', description: 'The batch has begun.' });
