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
const message = z.string().meta({ description: 'The state of the batch in a sentence, for people.' });
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
    completed: count.meta({ description: 'Items whose file is stored.' }),
    failed: count.meta({ description: 'Items that failed.' }),
    canceled: count.meta({ description: 'Items that were canceled.' }),
  })
  .meta({ id: 'BatchCounts' });

export const BatchView = z
  .strictObject({
    batchId,
    status: BatchStatus.meta({
      description:
        '`completed` when every item has ended, also if some of them failed. `canceled` when the batch was canceled and every item has ended.',
    }),
    message,
    total: count.meta({ description: 'The number of items. 0 until a playlist is read.' }),
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
    finishedAt: time.nullable().meta({ description: 'When its last item ended; null before that.' }),
  })
  .meta({ id: 'Batch' });
export type BatchView = z.infer<typeof BatchView>;

export const BatchList = z
  .strictObject({
    batches: z.array(BatchView).meta({ description: 'The newest first.' }),
    nextCursor,
  })
  .meta({ id: 'BatchList' });

/** An item is an import with its place in the batch. */
export const BatchItem = ImportSummary.extend({
  index: count.meta({ description: 'The place in the request or the playlist, from 0.' }),
}).meta({ id: 'BatchItem' });
export type BatchItem = z.infer<typeof BatchItem>;

export const BatchItemList = z
  .strictObject({
    items: z.array(BatchItem).meta({ description: 'In the order of the request or of the playlist.' }),
    nextCursor,
  })
  .meta({ id: 'BatchItemList' });

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
    }),
    total: count.meta({ description: 'The number of items. 0 until a playlist is read.' }),
    message,
  })
  .meta({ id: 'BatchStarted' });
